/** Provides the room service: where the rooms are, in which language, as whom. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { PageConfig, URLExt } from '@jupyterlab/coreutils';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator } from '@jupyterlab/translation';

import { browserScheduler } from '../client/scheduler';

import { browserNavigator } from './browserNavigator';
import { labLocale } from './locale';
import { RoomsLogin } from './login';
import { RoomService } from './roomService';
import { IRoomService } from './tokens';

const LANGUAGE_SETTING = '@jupyterlab/translation-extension:plugin';

export const servicePlugin: JupyterFrontEndPlugin<IRoomService> = {
  id: '@webvisio/lab:service',
  description: 'Holds the session in a training room, so that it outlives every tab.',
  autoStart: true,
  provides: IRoomService,
  optional: [ISettingRegistry, ITranslator],
  activate: async (
    _app: JupyterFrontEnd,
    settings: ISettingRegistry | null,
    translator: ITranslator | null,
  ): Promise<IRoomService> => {
    const prefix = roomsPrefix(PageConfig.getOption('webvisioRoomsUrl'), PageConfig.getOption('hubPrefix'));
    const setting = await languageSetting(settings);
    const shown = translator?.languageCode ?? 'en';
    return new RoomService({
      prefix,
      locale: labLocale(setting, shown, document.cookie, navigator.languages),
      login: new RoomsLogin(prefix, browserNavigator, browserScheduler),
    });
  },
};

/** Where the server says the rooms are, else beside the hub, else nowhere. */
export function roomsPrefix(configured: string, hubPrefix: string): string {
  if (configured !== '') {
    return configured;
  }
  return hubPrefix === '' ? '' : URLExt.join(hubPrefix, '..', 'services', 'rooms') + '/';
}

async function languageSetting(settings: ISettingRegistry | null): Promise<string> {
  try {
    const loaded = await settings?.load(LANGUAGE_SETTING);
    const locale: unknown = loaded?.composite['locale'];
    return typeof locale === 'string' ? locale : 'default';
  } catch {
    // A Lab without the translation extension has no language setting.
    return 'default';
  }
}
