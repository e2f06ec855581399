/** The language of our words inside JupyterLab: its own setting first, then as on every page of ours. */
import { chooseLocale, type Locale } from '../words';

/** JupyterLab's word for "no language chosen". */
const UNSET = 'default';

/**
 * Picks French or English.
 *
 * `setting` is the locale of JupyterLab's language setting; `shown` is the code
 * that its translator ended up with, which is `en` also where nothing was
 * chosen and therefore only counts when it is not English.
 */
export function labLocale(
  setting: string,
  shown: string,
  cookies: string,
  languages: readonly string[],
): Locale {
  const chosen = setting === UNSET ? '' : setting;
  return chooseLocale(chosen, cookies, shown.startsWith('en') ? languages : [shown, ...languages]);
}

/** Names the language pack to fetch: `asked` unless nothing was chosen and the browser speaks French. */
export function packFor(asked: string, browser: Locale): string {
  return asked === UNSET && browser === 'fr' ? 'fr_FR' : asked;
}
