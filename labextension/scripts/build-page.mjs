/**
 * Builds the plain room page into the rooms service's static folder, small and
 * precompressed, and prints what a first visit weighs.
 *
 *     node scripts/build-page.mjs [--watch]
 */
import { readFile, rm, writeFile, copyFile } from 'node:fs/promises';
import path from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

import * as esbuild from 'esbuild';

const here = path.resolve(import.meta.dirname, '..');
const target = path.resolve(here, '../services/webvisio_rooms/web/static/page');
const isWatching = process.argv.includes('--watch');

/** Latin only: the page speaks French and English. The other alphabets stay out of the bundle. */
const latinOnly = {
  name: 'latin-only',
  setup(build) {
    build.onLoad({ filter: /@fontsource-variable.*\.css$/ }, async ({ path: file }) => {
      const css = await readFile(file, 'utf8');
      const faces = css.match(/@font-face\s*\{[^}]*\}/g) ?? [];
      const latin = faces.filter(face => /-latin-wght-normal\.woff2/.test(face));
      return { contents: latin.join('\n'), loader: 'css', resolveDir: path.dirname(file) };
    });
  },
};

const options = {
  entryPoints: { page: path.join(here, 'src/page/main.tsx') },
  outdir: target,
  bundle: true,
  format: 'esm',
  splitting: true,
  minify: !isWatching,
  sourcemap: isWatching ? 'inline' : false,
  target: ['es2022', 'chrome110', 'firefox115', 'safari16.4'],
  jsx: 'automatic',
  loader: { '.woff2': 'file' },
  assetNames: '[name]-[hash]',
  chunkNames: 'chunk-[hash]',
  define: { 'process.env.NODE_ENV': isWatching ? '"development"' : '"production"' },
  metafile: true,
  plugins: [latinOnly],
  logLevel: 'info',
};

await rm(target, { recursive: true, force: true });
if (isWatching) {
  const context = await esbuild.context(options);
  await context.watch();
} else {
  const { metafile } = await esbuild.build(options);
  await copyFile(path.join(here, 'style/mark.svg'), path.join(target, 'icon.svg'));
  await compress(metafile);
}

async function compress(metafile) {
  const first = new Set(['page.js', 'page.css']);
  for (const [file, output] of Object.entries(metafile.outputs)) {
    if (path.basename(file) === 'page.js') {
      for (const imported of output.imports.filter(one => one.kind === 'import-statement')) {
        first.add(path.basename(imported.path));
      }
    }
  }
  let total = 0;
  for (const file of Object.keys(metafile.outputs)) {
    const name = path.basename(file);
    const content = await readFile(path.join(target, name));
    const isPacked = name.endsWith('.woff2');
    const gzip = isPacked ? content : gzipSync(content, { level: 9 });
    if (!isPacked) {
      const brotli = brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
      await writeFile(path.join(target, `${name}.gz`), gzip);
      await writeFile(path.join(target, `${name}.br`), brotli);
    }
    if (first.has(name) || isPacked) {
      total += gzip.length;
    }
    console.log(
      `${name.padEnd(44)} ${content.length.toString().padStart(8)} ${gzip.length.toString().padStart(8)} gzip`,
    );
  }
  console.log(`first visit: ${(total / 1000).toFixed(1)} kB compressed`);
}
