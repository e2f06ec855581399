/** The language of our words inside JupyterLab: its own setting first, then the browser's. */
import type { Locale } from '../protocol/messages';

/** JupyterLab's word for "no language chosen". */
const UNSET = 'default';

/**
 * Picks French or English.
 *
 * `setting` is the locale of JupyterLab's language setting, `shown` the code
 * that its translator ended up with (`en` also where nothing was chosen, so it
 * only counts when it is not English), `browser` the browser's languages in order.
 */
export function chooseLocale(setting: string, shown: string, browser: readonly string[]): Locale {
  const wishes = [setting === UNSET ? '' : setting, shown.startsWith('en') ? '' : shown, ...browser];
  for (const wish of wishes) {
    const language = wish.toLowerCase().slice(0, 2);
    if (language === 'fr' || language === 'en') {
      return language;
    }
  }
  return 'fr';
}
