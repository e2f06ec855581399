/** Every viewer, by the kind of what it shows; each is loaded when it is first needed. */
import { lazy } from 'react';

import type { SubjectKind, Viewer } from './registry';

export const VIEWERS: Readonly<Partial<Record<SubjectKind, Viewer>>> = {
  notebook: lazy(() => import('./NotebookViewer')),
  board: lazy(() => import('./BoardViewer')),
  note: lazy(() => import('./NoteViewer')),
  file: lazy(() => import('./FileViewer')),
  web: lazy(() => import('./WebViewer')),
  wall: lazy(() => import('./WallViewer')),
};
