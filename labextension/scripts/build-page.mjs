/**
 * Builds the plain room page into the rooms service's static folder, small and
 * precompressed, and prints what a first visit weighs. The islands (whiteboard,
 * notes, PDF) are further entries of the same build, loaded only when they are
 * looked at, by the page and by JupyterLab. Each build is a folder named by its
 * content; `builds.mjs` says how long former ones stay.
 *
 *     node scripts/build-page.mjs [--watch]
 */
import { createHash } from 'node:crypto';
import { copyFile, cp, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

import * as esbuild from 'esbuild';

import { buildsOf, prune, shareEqualFiles, tellBuilds, withBuild } from './builds.mjs';

const here = path.resolve(import.meta.dirname, '..');
const served = path.resolve(here, '../services/webvisio_rooms/web/static/page');
const isWatching = process.argv.includes('--watch');
/** A running service goes on with what there was until all of the new build is there. */
const target = path.join(served, isWatching ? 'watched' : 'new');

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

const pdfjs = path.join(here, 'node_modules/pdfjs-dist');
/** Beyond it the last percents of compression cost more time than they are worth. */
const LARGE_BYTES = 400_000;
const excalidraw = path.join(here, 'node_modules/@excalidraw/excalidraw/dist/prod');

/** One tree of words with another over it. */
function merged(into, from) {
  return typeof from === 'string'
    ? from
    : Object.keys(from).reduce((all, key) => ({ ...all, [key]: merged(all[key] ?? {}, from[key]) }), into);
}

/**
 * Where Excalidraw would ask others: for its fonts, for the pictures of a piece
 * of a site that is pasted, and, for a file from elsewhere, for pictures by
 * their address and for pages inside the board.
 */
const ASKING_OTHERS = new Map([
  [/`https:\/\/esm\.sh\/.*?\/dist\/prod\/`/, () => 'window.EXCALIDRAW_ASSET_PATH'],
  [/\.getAttribute\("src"\);\w+&&\w+\.startsWith\("http"\)&&/, found => `${found}false&&`],
  [
    /(\w+)(\.onerror=\w+=>\{\w+\(\w+\)\},)\1\.src=(\w+)\}/,
    (_, image, otherwise, address) =>
      `${image}${otherwise}${image}.src=${address}.startsWith("data:image/")?${address}:"data:,"}`,
  ],
  [/\brenderEmbeddables\(\)\{/, found => `${found}return null;`],
]);

/**
 * Excalidraw, without what would ask others: fonts come from us alone (no CDN
 * behind them), of a piece of another site the words are pasted (a picture that
 * is copied by itself comes whole), French (with the words that it lacks) and
 * English are its languages, and diagrams written as Mermaid, which weigh ten
 * times the rest, stay out.
 */
const ownExcalidraw = {
  name: 'own-excalidraw',
  setup(build) {
    const mended = new Set();
    build.onLoad({ filter: /locales[\\/]fr-FR-.*\.js$/ }, async ({ path: file }) => {
      const french = await import(pathToFileURL(file));
      const missing = JSON.parse(await readFile(path.join(here, 'src/board/excalidraw.fr.json'), 'utf8'));
      const whole = merged(french.default, missing);
      const parts = Object.keys(whole).map(key => `export const ${key} = ${JSON.stringify(whole[key])};`);
      return { contents: [...parts, `export default { ${Object.keys(whole).join(', ')} };`].join('\n') };
    });
    build.onLoad({ filter: /excalidraw[\\/]dist[\\/]prod[\\/].*\.js$/ }, async ({ path: file }) => {
      let contents = await readFile(file, 'utf8');
      for (const [place, instead] of ASKING_OTHERS) {
        if (place.test(contents)) {
          mended.add(place);
          contents = contents.replaceAll(new RegExp(place, 'g'), instead);
        }
      }
      return { contents, loader: 'js' };
    });
    build.onEnd(() =>
      mended.size === ASKING_OTHERS.size
        ? null
        : {
            errors: [{ text: 'Excalidraw has changed: it would ask others, and no longer where we know it' }],
          },
    );
    build.onResolve({ filter: /^\.\/locales\/[^/]*\.js$/ }, ({ path: file }) =>
      /locales\/(en|fr-FR)-/.test(file) ? null : { path: 'locale', namespace: 'none' },
    );
    build.onResolve({ filter: /^@excalidraw\/mermaid-to-excalidraw$/ }, () => ({
      path: 'mermaid',
      namespace: 'none',
    }));
    build.onLoad({ filter: /.*/, namespace: 'none' }, () => ({ contents: 'export default {};' }));
  },
};

/**
 * Inside JupyterLab there is one Yjs already, which the extension lends
 * (`lab/lentYjs.ts`); a second one would be loaded for nothing and says so.
 */
const oneYjs = {
  name: 'one-yjs',
  setup(build) {
    build.onResolve({ filter: /^yjs$/ }, ({ namespace }) =>
      namespace === 'one-yjs' ? null : { path: 'yjs', namespace: 'one-yjs' },
    );
    build.onLoad({ filter: /.*/, namespace: 'one-yjs' }, async () => {
      const names = Object.keys(await import('yjs')).join(', ');
      return {
        contents: `const lent = globalThis[Symbol.for('webvisio.yjs')] ?? (await import('yjs'));
          export const { ${names} } = lent;`,
        resolveDir: here,
      };
    });
  },
};

const options = {
  entryPoints: {
    page: path.join(here, 'src/page/main.tsx'),
    board: path.join(here, 'src/islands/entries/board.ts'),
    pdf: path.join(here, 'src/islands/entries/pdf.ts'),
    'pdf-worker': path.join(pdfjs, 'legacy/build/pdf.worker.mjs'),
  },
  outdir: target,
  bundle: true,
  format: 'esm',
  splitting: true,
  minify: !isWatching,
  sourcemap: isWatching ? 'inline' : false,
  target: ['es2022', 'chrome110', 'firefox115', 'safari16.4'],
  conditions: ['production', 'module'],
  jsx: 'automatic',
  loader: { '.woff2': 'file' },
  assetNames: '[name]-[hash]',
  chunkNames: 'chunk-[hash]',
  define: { 'process.env.NODE_ENV': isWatching ? '"development"' : '"production"' },
  metafile: true,
  plugins: [latinOnly, ownExcalidraw, oneYjs],
  logLevel: 'info',
};

await rm(target, { recursive: true, force: true });
await mkdir(target, { recursive: true });
if (isWatching) {
  await tellBuilds(served, withBuild(await buildsOf(served), { name: path.basename(target) }, new Date()));
  const context = await esbuild.context(options);
  await context.watch();
} else {
  const { metafile } = await esbuild.build(options);
  await copyFile(path.join(here, 'style/mark.svg'), path.join(target, 'icon.svg'));
  await cp(path.join(excalidraw, 'fonts'), path.join(target, 'fonts'), { recursive: true });
  for (const folder of ['cmaps', 'standard_fonts', 'wasm', 'iccs']) {
    await cp(path.join(pdfjs, folder), path.join(target, 'pdf', folder), { recursive: true });
  }
  const name = await nameByContent(target);
  await compress(metafile);
  await publish(name, new Date());
}

/** Twelve hexadecimal digits that change with anything in the folder. */
async function nameByContent(folder) {
  const total = createHash('sha256');
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter(one => one.isFile()).map(one => path.join(one.parentPath, one.name));
  for (const file of files.sort()) {
    total.update(`${path.relative(folder, file)}\0`).update(await readFile(file));
  }
  return total.digest('hex').slice(0, 12);
}

/** Puts the build beside the former ones, then says that it is the newest. */
async function publish(name, now) {
  const former = await buildsOf(served);
  if (former[0] && former[0].name !== name) {
    await shareEqualFiles(path.join(served, former[0].name), target);
  }
  const place = path.join(served, name);
  const isThere = await stat(place).then(
    () => true,
    () => false,
  );
  await (isThere ? rm(target, { recursive: true }) : rename(target, place));
  const builds = withBuild(former, { name }, now);
  await tellBuilds(served, builds);
  await prune(
    served,
    {
      kept: new Set(['builds.json', ...builds.map(one => one.name)]),
      former: new Set(former.map(one => one.name)),
    },
    now,
  );
  console.log(`build ${name}, kept beside it: ${builds.length - 1}`);
}

/** Everything that a first visit fetches before it does anything: the entry and what it needs at once. */
function firstVisit(metafile) {
  const first = new Set();
  const add = file => {
    if (!first.has(path.basename(file)) && metafile.outputs[file]) {
      first.add(path.basename(file));
      metafile.outputs[file].imports
        .filter(one => one.kind !== 'dynamic-import')
        .forEach(one => {
          add(one.path);
        });
    }
  };
  Object.keys(metafile.outputs)
    .filter(file => ['page.js', 'page.css'].includes(path.basename(file)))
    .forEach(add);
  return first;
}

async function compress(metafile) {
  const first = firstVisit(metafile);
  let total = 0;
  for (const file of Object.keys(metafile.outputs)) {
    const name = path.basename(file);
    const content = await readFile(path.join(target, name));
    const isPacked = name.endsWith('.woff2');
    const gzip = isPacked ? content : gzipSync(content, { level: 9 });
    if (!isPacked) {
      const quality = content.length < LARGE_BYTES ? 11 : 9;
      const brotli = brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: quality } });
      await writeFile(path.join(target, `${name}.gz`), gzip);
      await writeFile(path.join(target, `${name}.br`), brotli);
    }
    if (first.has(name)) {
      total += gzip.length;
    }
    console.log(
      `${name.padEnd(44)} ${content.length.toString().padStart(8)} ${gzip.length.toString().padStart(8)} gzip`,
    );
  }
  console.log(`first visit: ${(total / 1000).toFixed(1)} kB compressed`);
}
