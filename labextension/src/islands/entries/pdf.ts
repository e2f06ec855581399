/** The PDF viewer as an island. */
import '../island.css';
import '../../pdf/pdf.css';

import { PdfView } from '../../pdf/PdfView';
import { islandOf } from '../mount';

export const mount = islandOf(PdfView);
