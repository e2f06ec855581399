/** Looks up and fills the words of the interface in the reader's language. */
import { en, type Phrase, type WordKey } from './en';
import { fr } from './fr';
import { frenchTypography } from './typography';

export type { WordKey } from './en';
export type Locale = 'en' | 'fr';

export type Values = Readonly<Record<string, string | number>>;
export type Words = (key: WordKey, values?: Values) => string;

const CATALOGUES: Record<Locale, Readonly<Record<WordKey, Phrase>>> = { en, fr };
const plurals: Record<Locale, Intl.PluralRules> = {
  en: new Intl.PluralRules('en'),
  fr: new Intl.PluralRules('fr'),
};
const numbers: Record<Locale, Intl.NumberFormat> = {
  en: new Intl.NumberFormat('en'),
  fr: new Intl.NumberFormat('fr'),
};

/** The words of `locale`; values that are missing stay visible as `{name}`. */
export function wordsOf(locale: Locale): Words {
  return (key, values = {}) => {
    const phrase = CATALOGUES[locale][key];
    const pattern = typeof phrase === 'string' ? phrase : phrase[category(locale, values['count'])];
    const typeset = locale === 'fr' ? frenchTypography(pattern) : pattern;
    return typeset.replace(/\{(\w+)\}/g, (whole, name: string) => {
      const value = values[name];
      if (value === undefined) {
        return whole;
      }
      return typeof value === 'number' ? numbers[locale].format(value) : value;
    });
  };
}

/** The service's own sentences, set in the reader's typography. */
export function typeset(locale: Locale, text: string): string {
  return locale === 'fr' ? frenchTypography(text) : text;
}

function category(locale: Locale, count: string | number | undefined): 'one' | 'other' {
  return plurals[locale].select(Number(count ?? 0)) === 'one' ? 'one' : 'other';
}

export const LOCALE_COOKIE = 'webvisio-locale';
const A_YEAR_S = 365 * 24 * 3600;

/** Remembers the choice where the hub and the services read it too. */
export function rememberLocale(locale: Locale): void {
  document.cookie = `${LOCALE_COOKIE}=${locale}; path=/; max-age=${A_YEAR_S}; samesite=lax`;
}

/** The language of a page: what was chosen, else what the browser wants, else French. */
export function chooseLocale(configured: unknown, cookies: string, languages: readonly string[]): Locale {
  const chosen = new RegExp(`(?:^|; )${LOCALE_COOKIE}=(en|fr)`).exec(cookies)?.[1];
  for (const wish of [configured, chosen, ...languages]) {
    const tag = typeof wish === 'string' ? wish.slice(0, 2).toLowerCase() : '';
    if (tag === 'fr' || tag === 'en') {
      return tag;
    }
  }
  return 'fr';
}
