import { describe, expect, it } from 'vitest';

import { en, type Phrase } from '../../src/words/en';
import { fr } from '../../src/words/fr';
import { chooseLocale, wordsOf, type WordKey } from '../../src/words';
import { frenchTypography } from '../../src/words/typography';

const keys = Object.keys(en) as WordKey[];
const forms = (phrase: Phrase): string[] =>
  typeof phrase === 'string' ? [phrase] : [phrase.one, phrase.other];
const placeholders = (phrase: Phrase): string[] =>
  [...new Set(forms(phrase).flatMap(text => text.match(/\{\w+\}/g) ?? []))].sort();

describe('the catalogues', () => {
  it('have the same keys, in the same order', () => {
    expect(Object.keys(fr)).toEqual(keys);
  });

  it('fill the same values in both languages', () => {
    const differing = keys.filter(key => String(placeholders(fr[key])) !== String(placeholders(en[key])));
    expect(differing).toEqual([]);
  });

  it('leave no phrase empty and no English in French by accident', () => {
    const same = keys.filter(key => JSON.stringify(fr[key]) === JSON.stringify(en[key]));
    for (const key of keys) {
      expect(forms(fr[key]).every(text => text.trim() !== '')).toBe(true);
    }
    // Names, signs, and words that both languages share.
    expect(same).toEqual([
      'brand.name',
      'language.en',
      'language.fr',
      'role.participant',
      'device.numbered',
      'chat.messages',
      'people.participants',
      'rights.write_notes',
      'materials.notebooks',
      'materials.notes',
      'materials.note.name',
      'materials.copy_of',
      'notebook.region',
      'notebook.edit.add_code',
      'deadline.seconds',
      'deadline.minutes',
      'deadline.hours',
    ]);
  });
});

describe('French typography', () => {
  it('never lets a line break before : ; ! ? or inside guillemets', () => {
    const words = wordsOf('fr');
    for (const key of keys) {
      expect(words(key), key).not.toMatch(/ [:;!?»]|« /);
    }
  });

  it('is narrow before ; ! ?, wide before : and inside guillemets', () => {
    expect(frenchTypography('Vrai ? Oui : « là » !')).toBe('Vrai\u202f? Oui\u00a0: «\u00a0là\u00a0»\u202f!');
  });

  it('makes apostrophes real, and changes nothing when applied twice', () => {
    const once = frenchTypography("L'accès d'aujourd'hui : ouvert !");
    expect(once).toContain('L’accès d’aujourd’hui');
    expect(frenchTypography(once)).toBe(once);
  });
});

describe('words', () => {
  it('choose the plural of the language: zero is singular in French only', () => {
    expect(wordsOf('fr')('room.people', { count: 0 })).toBe('0 personne');
    expect(wordsOf('en')('room.people', { count: 0 })).toBe('0 people');
    expect(wordsOf('en')('room.people', { count: 1 })).toBe('1 person');
  });

  it('fill what a person typed without interpreting it', () => {
    expect(wordsOf('en')('notice.joined', { name: '{count} <b>$&</b>' })).toBe('{count} <b>$&</b> came in');
  });
});

describe('the language of a page', () => {
  it('is the one that was chosen, then the browser’s, then French', () => {
    expect(chooseLocale('en', 'webvisio-locale=fr', ['fr'])).toBe('en');
    expect(chooseLocale(null, 'a=b; webvisio-locale=en', ['fr-FR'])).toBe('en');
    expect(chooseLocale(null, '', ['de', 'en-US', 'fr'])).toBe('en');
    expect(chooseLocale(null, '', ['de'])).toBe('fr');
    expect(chooseLocale(null, '', [])).toBe('fr');
  });
});
