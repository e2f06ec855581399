/** The room's tab and its commands, in the palette and in a menu of their own. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IMainMenu } from '@jupyterlab/mainmenu';
import { RankedMenu } from '@jupyterlab/ui-components';

import { addCommands, MENU_ORDER } from './commands';
import { lendYjs } from './lentYjs';
import { RoomOpener } from './opening';
import { IRoomService } from './tokens';
import { RoomWatch } from './watching';

/** After JupyterLab's own menus, before Help (1000). */
const MENU_RANK = 900;

export const roomPlugin: JupyterFrontEndPlugin<void> = {
  id: '@webvisio/lab:room',
  description: 'Opens training rooms in the main area; commands, palette and menu.',
  autoStart: true,
  requires: [IRoomService],
  optional: [ICommandPalette, IMainMenu],
  activate: (
    app: JupyterFrontEnd,
    service: IRoomService,
    palette: ICommandPalette | null,
    mainMenu: IMainMenu | null,
  ): void => {
    if (!service.isOffered) {
      return;
    }
    const { words } = service;
    lendYjs();
    addCommands(app, service, new RoomOpener(app.shell, service), new RoomWatch(service));
    for (const command of MENU_ORDER.flat()) {
      palette?.addItem({ command, category: words.room });
    }
    if (mainMenu) {
      const menu = new RankedMenu({ commands: app.commands });
      menu.id = 'webvisio-menu';
      menu.title.label = words.menu;
      MENU_ORDER.forEach((group, rank) => {
        menu.addGroup(
          group.map(command => ({ command })),
          rank,
        );
      });
      mainMenu.addMenu(menu, true, { rank: MENU_RANK });
    }
  },
};
