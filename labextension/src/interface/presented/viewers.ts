/** Every viewer, by the kind of what it shows; each is loaded when it is first needed. */
import { lazy } from 'react';

import type { SubjectKind, Viewer } from './registry';

export const VIEWERS: Readonly<Partial<Record<SubjectKind, Viewer>>> = {
  notebook: lazy(() => import('./NotebookViewer')),
  wall: lazy(() => import('./WallViewer')),
};
