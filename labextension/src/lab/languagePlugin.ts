/**
 * JupyterLab in French for a French-speaking browser, without a visit to the settings.
 *
 * Stands in for JupyterLab's own connector (disabled in package.json), as its
 * extension point is meant to be used. A language chosen in JupyterLab's
 * settings is fetched as it is; only "nothing chosen" is decided here.
 */
import { JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ITranslatorConnector, TranslatorConnector } from '@jupyterlab/translation';

import { chooseLocale } from '../words';

import { packFor } from './locale';

export const languagePlugin: JupyterFrontEndPlugin<ITranslatorConnector> = {
  id: '@webvisio/lab:language',
  description: 'Shows JupyterLab in the language of the browser where none was chosen.',
  autoStart: true,
  requires: [JupyterFrontEnd.IPaths],
  provides: ITranslatorConnector,
  activate: (app: JupyterFrontEnd, paths: JupyterFrontEnd.IPaths): ITranslatorConnector => {
    const connector = new TranslatorConnector(paths.urls.translations, app.serviceManager.serverSettings);
    const fetchPack = connector.fetch.bind(connector);
    const decide = (wish?: { language: string }) => {
      const browser = chooseLocale('', document.cookie, navigator.languages);
      return wish ? fetchPack({ language: packFor(wish.language, browser) }) : fetchPack();
    };
    // The list without a wish and the pack with one are overloads of types that are not exported.
    connector.fetch = decide as TranslatorConnector['fetch'];
    return connector;
  },
};
