import { expect, it } from 'vitest';

import { labLocale, packFor } from '../../src/lab/locale';

interface Case {
  why: string;
  setting: string;
  shown: string;
  cookie?: string;
  browser: string[];
  expected: 'en' | 'fr';
}

const CASES: Case[] = [
  {
    why: 'the setting wins over the browser',
    setting: 'fr_FR',
    shown: 'fr_FR',
    browser: ['en-GB'],
    expected: 'fr',
  },
  {
    why: 'English chosen in JupyterLab stays English',
    setting: 'en',
    shown: 'en',
    browser: ['fr-FR'],
    expected: 'en',
  },
  {
    why: 'nothing chosen in JupyterLab: what was chosen on our pages',
    setting: 'default',
    shown: 'en',
    cookie: 'a=b; webvisio-locale=fr',
    browser: ['en'],
    expected: 'fr',
  },
  {
    why: 'nothing chosen anywhere: the browser decides',
    setting: 'default',
    shown: 'en',
    browser: ['fr-CA', 'en'],
    expected: 'fr',
  },
  {
    why: 'the server shows French by its own configuration',
    setting: 'default',
    shown: 'fr_FR',
    browser: ['en-US'],
    expected: 'fr',
  },
  {
    why: 'another language: the first of ours in the browser',
    setting: 'de_DE',
    shown: 'de_DE',
    browser: ['en-US', 'fr'],
    expected: 'en',
  },
  { why: 'none of ours anywhere: French', setting: 'default', shown: 'en', browser: ['de'], expected: 'fr' },
];

it.each(CASES)('$why', ({ setting, shown, cookie = '', browser, expected }) => {
  expect(labLocale(setting, shown, cookie, browser)).toBe(expected);
});

it('fetches the French pack only where nothing was chosen', () => {
  expect(packFor('default', 'fr')).toBe('fr_FR');
  expect(packFor('default', 'en')).toBe('default');
  expect(packFor('en', 'fr')).toBe('en');
  expect(packFor('de_DE', 'fr')).toBe('de_DE');
});
