/** The JupyterLab extension: registers its plugins. */
import { placesPlugin } from './placesPlugin';
import { roomPlugin } from './roomPlugin';
import { servicePlugin } from './servicePlugin';

export { IRoomService } from './tokens';

export default [servicePlugin, roomPlugin, placesPlugin];
