/** Every viewer, by the kind of what it shows; each is loaded when it is first needed. */
import { Loading } from '../Loading';
import { part } from '../part';

import type { SubjectKind, Viewer } from './registry';

export const VIEWERS: Readonly<Partial<Record<SubjectKind, Viewer>>> = {
  notebook: part(() => import('./NotebookViewer'), Loading),
  board: part(() => import('./BoardViewer'), Loading),
  note: part(() => import('./NoteViewer'), Loading),
  file: part(() => import('./FileViewer'), Loading),
  web: part(() => import('./WebViewer'), Loading),
  wall: part(() => import('./WallViewer'), Loading),
};
