import { expect, it } from 'vitest';

import { awayText, endText } from '../../src/lab/awayTexts';
import type { RefusalView } from '../../src/protocol/messages';
import { wordsOf } from '../../src/words';

const fr = wordsOf('fr');

it('tells a trainer who works in a notebook of hands, the door and words', () => {
  expect(awayText({ kind: 'hand_raised', name: 'Karim' }, fr)).toBe('Karim lève la main');
  expect(awayText({ kind: 'at_the_door', name: 'Zoé' }, fr)).toBe('Zoé est à la porte');
  expect(awayText({ kind: 'chat', author: 'Karim', text: 'Bonjour' }, fr)).toContain('Bonjour');
});

it('does not interrupt for comings and goings', () => {
  expect(awayText({ kind: 'joined', name: 'Karim' }, fr)).toBeNull();
  expect(awayText({ kind: 'left', name: 'Karim', wasRemoved: false }, fr)).toBeNull();
});

it('shortens a long line by whole characters', () => {
  const text = awayText({ kind: 'chat', author: 'K', text: '😀'.repeat(300) }, wordsOf('en')) ?? '';
  expect(text.length).toBeLessThan(160);
  expect(text.endsWith('😀…')).toBe(true);
});

it('says why the room was shut, in the service’s own words', () => {
  const refusal: RefusalView = {
    code: 'suspended_unpaid',
    title: "L'accès est suspendu",
    message: 'Une facture reste impayée.',
    remedy: '',
    clause: '6.4',
    clauseText: null,
    reference: null,
  };
  expect(endText({ kind: 'refused', refusal }, fr, 'fr')).toBe(
    'L’accès est suspendu. Une facture reste impayée.',
  );
});

it('says nothing of an end that the person chose', () => {
  expect(endText({ kind: 'left' }, fr, 'fr')).toBeNull();
});
