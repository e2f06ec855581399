import { describe, expect, test } from 'vitest';

import { keepPlace, PLACE_LIMIT_MS, takePlace, type Place } from '../../src/client/place';

const PLACE: Place = {
  code: 'python',
  microphone: true,
  camera: false,
  draft: 'I was about to say',
  unsent: [{ clientId: '1', text: 'not sent yet' }],
};
const NOW = 1_000_000;

function memory(): Storage {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  } as unknown as Storage;
}

describe('the place that is kept over loading the page anew', () => {
  test('is taken once, whole', () => {
    const tab = memory();
    keepPlace(tab, PLACE, NOW);

    expect(takePlace(tab, 'python', NOW + 900)).toMatchObject(PLACE);
    expect(takePlace(tab, 'python', NOW + 900)).toBeNull();
  });

  test('is not that of another room, and does not wait for it', () => {
    const tab = memory();
    keepPlace(tab, PLACE, NOW);

    expect(takePlace(tab, 'other', NOW)).toBeNull();
    expect(takePlace(tab, 'python', NOW)).toBeNull();
  });

  test.each([
    [PLACE_LIMIT_MS, true],
    [PLACE_LIMIT_MS + 1, false],
    [-1, false],
  ])('%i ms later it holds: %s', (laterMs, holds) => {
    const tab = memory();
    keepPlace(tab, PLACE, NOW);

    expect(takePlace(tab, 'python', NOW + laterMs) !== null).toBe(holds);
  });

  test.each(['', 'null', '7', '{', '{"code": "python"}', '{"code": 1, "atMs": 1000000}'])(
    'what is not understood is no place: %s',
    text => {
      const tab = memory();
      tab.setItem('webvisio.place', text);

      expect(takePlace(tab, 'python', NOW)).toBeNull();
    },
  );

  test('what another build wrote differently is left out, the rest is taken', () => {
    const tab = memory();
    const other = { code: 'python', atMs: NOW, camera: 'yes', draft: 7, unsent: [null, { clientId: '1' }] };
    tab.setItem('webvisio.place', JSON.stringify(other));

    expect(takePlace(tab, 'python', NOW)).toMatchObject({
      microphone: false,
      camera: false,
      draft: '',
      unsent: [],
    });
  });

  test('a tab without storage has none', () => {
    const shut = () => {
      throw new Error('storage is off');
    };
    const tab = { getItem: shut, setItem: shut, removeItem: shut };
    keepPlace(tab, PLACE, NOW);

    expect(takePlace(tab, 'python', NOW)).toBeNull();
  });
});
