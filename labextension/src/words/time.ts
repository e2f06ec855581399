/** Times of day as the reader writes them. */
import type { Locale } from './index';

/** Follows the browser's region where it speaks the page's language (8:02 AM or 08:02). */
export function timeOfDay(locale: Locale, browserLanguage: string): Intl.DateTimeFormat {
  const region = browserLanguage.startsWith(locale) ? browserLanguage : locale;
  return new Intl.DateTimeFormat(region, { timeStyle: 'short' });
}
