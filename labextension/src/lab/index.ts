/** The JupyterLab extension: registers its plugins. */
import { languagePlugin } from './languagePlugin';
import { placesPlugin } from './placesPlugin';
import { roomPlugin } from './roomPlugin';
import { servicePlugin } from './servicePlugin';

export { IRoomService } from './tokens';

export default [languagePlugin, servicePlugin, roomPlugin, placesPlugin];
