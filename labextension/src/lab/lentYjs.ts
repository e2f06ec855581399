/**
 * Lends JupyterLab's Yjs to the islands, which are built with the plain page.
 *
 * No Yjs object crosses between them, so two would do no harm; but a second one
 * weighs, and warns in the console of everybody who opens a whiteboard.
 */
import * as Y from 'yjs';

/** Where `scripts/build-page.mjs` has the islands look. */
const PLACE = Symbol.for('webvisio.yjs');

export function lendYjs(): void {
  (globalThis as { [PLACE]?: typeof Y })[PLACE] = Y;
}
