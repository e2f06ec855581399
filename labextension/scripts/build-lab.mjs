/**
 * Builds the JupyterLab extension beside its former builds: an open JupyterLab
 * goes on with the parts of the build that it began with. What islands it loads
 * is settled here too, by the name of the page's build, which comes first.
 *
 *     node scripts/build-lab.mjs
 */
import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { buildsOf, prune, tellBuilds, withBuild } from './builds.mjs';

const here = path.resolve(import.meta.dirname, '..');
const pages = path.resolve(here, '../services/webvisio_rooms/web/static/page');
const served = path.resolve(here, '../webvisio_ext/labextension');
const { jupyterlab } = JSON.parse(await readFile(path.join(here, 'package.json'), 'utf8'));
const made = path.resolve(here, jupyterlab.outputDir);

const node = (...command) => execFileSync(process.execPath, command, { cwd: here, stdio: 'inherit' });
const compiler = path.join(here, 'node_modules/typescript/bin/tsc');
const builder = path.join(here, 'node_modules/@jupyter/builder/lib/build-labextension.js');
const lab = path.join(here, 'node_modules/@jupyterlab/core-meta/core.package.json');

const [page] = await buildsOf(pages);
if (!page) {
  throw new Error('build the page first: npm run build:page');
}
node(compiler, '-p', 'tsconfig.build.json');
await writeFile(path.join(here, 'lib/lab/pageBuild.js'), `export const PAGE_BUILD = '${page.name}';\n`);
node(builder, '--core-package-file', lab, here);
await publish(new Date());

/** The parts first; then `package.json`, which JupyterLab reads to know where to begin. */
async function publish(now) {
  const parts = path.join(made, 'static');
  const statics = path.join(served, 'static');
  await mkdir(statics, { recursive: true });
  const files = (await readdir(parts)).sort();
  for (const file of files) {
    await copyFile(path.join(parts, file), path.join(statics, file));
  }
  await copyFile(path.join(made, 'package.json'), path.join(served, 'package.json.new'));
  await rename(path.join(served, 'package.json.new'), path.join(served, 'package.json'));
  const entry = files.find(file => file.startsWith('remoteEntry.'));
  const former = await buildsOf(served);
  const builds = withBuild(former, { name: entry, files }, now);
  await tellBuilds(served, builds);
  const partsOf = all => new Set(all.flatMap(one => one.files));
  await prune(statics, { kept: partsOf(builds), former: partsOf(former) }, now);
}
