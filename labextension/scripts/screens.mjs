/**
 * Serves the scripted screens of `dev/` for looking at them.
 *
 *     node scripts/screens.mjs PORT
 */
import path from 'node:path';

import * as esbuild from 'esbuild';

const here = path.resolve(import.meta.dirname, '..');
const port = Number(process.argv[2] ?? 0);

const context = await esbuild.context({
  entryPoints: { screens: path.join(here, 'dev/screens.tsx'), index: path.join(here, 'dev/index.html') },
  outdir: path.join(here, 'build/screens'),
  bundle: true,
  format: 'esm',
  splitting: true,
  jsx: 'automatic',
  write: false,
  loader: { '.woff2': 'file', '.html': 'copy' },
  define: { 'process.env.NODE_ENV': '"development"' },
});
const served = await context.serve({ host: '127.0.0.1', port });
console.log(`http://127.0.0.1:${served.port}/?screen=room&people=6`);
