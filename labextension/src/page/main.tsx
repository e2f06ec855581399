/**
 * Entry of the plain room page, which needs no Jupyter server.
 *
 * The service's template gives `#webvisio-root` and the configuration as JSON
 * in `#webvisio-config`.
 */
import '@fontsource-variable/figtree/wght.css';
import '../../style/index.css';
import './page.css';

import type { RoomClient } from '../client';
import { mountRoom } from '../interface/mount';
import { chooseLocale } from '../words';

interface PageConfiguration {
  prefix: string;
  code: string;
  locale: string | null;
  xsrf: string;
  hubPrefix: string;
  labUrl: string | null;
}

declare global {
  interface Window {
    /** For measuring and for tests: the client, once the link is known. */
    webvisio?: { readonly client: RoomClient | null };
  }
}

const root = document.getElementById('webvisio-root');
const configuration = document.getElementById('webvisio-config')?.textContent;
if (root && configuration) {
  // Written by our own service into its own page.
  const { prefix, code, locale, xsrf, labUrl } = JSON.parse(configuration) as PageConfiguration;
  const handle = mountRoom(
    root,
    {
      prefix,
      assets: new URL('.', import.meta.url).href,
      code,
      comesBack: true,
      xsrf,
      locale: chooseLocale(locale, document.cookie, navigator.languages),
    },
    { place: 'page', labUrl },
  );
  window.webvisio = {
    get client() {
      return handle.session.client.get();
    },
  };
}
