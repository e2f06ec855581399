/** The whiteboard as an island. */
import '@excalidraw/excalidraw/index.css';
import '../island.css';
import '../../board/board.css';

import { Board } from '../../board/Board';
import { islandOf } from '../mount';

export const mount = islandOf(Board);
