/** The JupyterLab extension: registers its plugins. */
import { drivePlugin, executorPlugin } from './drive/drivePlugin';
import { languagePlugin } from './languagePlugin';
import { placesPlugin } from './placesPlugin';
import { roomPlugin } from './roomPlugin';
import { servicePlugin } from './servicePlugin';

export { IRoomService } from './tokens';

export default [languagePlugin, servicePlugin, roomPlugin, placesPlugin, drivePlugin, executorPlugin];
