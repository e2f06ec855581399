import { describe, expect, it } from 'vitest';

import { arrange, galleryCapacity, gridFor, WIDEST, type People } from '../../src/interface/arrangement';
import { someone } from '../client/fakes';

function people(count: number, changes: Partial<People> = {}): People {
  const participants = Array.from({ length: count }, (_, index) =>
    someone(index === 1 ? 'me' : `p${index}`, { role: index === 0 ? 'host' : 'participant' }),
  );
  return { participants, me: 'me', speakers: [], lastSpeaker: null, pinned: null, ...changes };
}

const names = (pictures: ReadonlyArray<{ participantId: string; source: string }>) =>
  pictures.map(one => `${one.participantId}${one.source === 'screen' ? ' screen' : ''}`);

function sharing(who: string, of: People): People {
  return {
    ...of,
    participants: of.participants.map(one =>
      one.participantId === who ? { ...one, sources: ['screen' as const] } : one,
    ),
  };
}

describe('the stage', () => {
  it('belongs to the trainer when nobody spoke', () => {
    expect(names(arrange(people(4), 'stage', 9).large)).toEqual(['p0']);
  });

  it('follows whoever spoke last', () => {
    expect(names(arrange(people(4, { lastSpeaker: 'p3' }), 'stage', 9).large)).toEqual(['p3']);
  });

  it('belongs to a shared screen before any speaker, and to a pin before a screen', () => {
    const shared = sharing('p2', people(5, { lastSpeaker: 'p3' }));
    expect(names(arrange(shared, 'stage', 9).large)).toEqual(['p2 screen']);
    const pinned = { ...shared, pinned: { participantId: 'p4', source: 'camera' as const } };
    expect(names(arrange(pinned, 'stage', 9).large)).toEqual(['p4']);
  });

  it('never shows one’s own screen to oneself', () => {
    expect(names(arrange(sharing('me', people(3)), 'stage', 9).large)).toEqual(['p0']);
  });

  it('forgets a pin whose person has left', () => {
    const gone = people(3, { pinned: { participantId: 'nobody', source: 'camera' } });
    expect(names(arrange(gone, 'stage', 9).large)).toEqual(['p0']);
  });

  it('keeps everybody else in the filmstrip, oneself first, and counts who does not fit', () => {
    const { small, hidden } = arrange(people(8), 'stage', 4);
    expect(names(small)).toEqual(['me', 'p2', 'p3', 'p4']);
    expect(hidden).toBe(3);
  });

  it('brings a hidden speaker into the filmstrip without moving oneself', () => {
    const { small } = arrange(people(8, { speakers: ['p7'] }), 'stage', 4);
    expect(names(small)).toEqual(['me', 'p2', 'p3', 'p7']);
  });

  it('shows a person who is alone', () => {
    const alone = people(0);
    const me = { ...alone, participants: [someone('me')] };
    expect(names(arrange(me, 'stage', 4).large)).toEqual(['me']);
    expect(arrange(alone, 'stage', 4).large).toEqual([]);
  });
});

describe('side by side', () => {
  it('puts the face of whoever shares beside the screen', () => {
    const shared = sharing('p2', people(5, { lastSpeaker: 'p4' }));
    const { large, small } = arrange(shared, 'side', 9);
    expect(names(large)).toEqual(['p2 screen', 'p2']);
    expect(names(small)).not.toContain('p2');
  });
});

describe('the gallery', () => {
  it('ends each page with oneself and loses nobody', () => {
    const pages = [0, 1, 2].map(page => arrange(people(10), 'gallery', 4, page));
    expect(pages.map(one => one.pages)).toEqual([3, 3, 3]);
    expect(pages.every(one => names(one.large).at(-1) === 'me')).toBe(true);
    const seen = pages.flatMap(one => names(one.large)).filter(name => name !== 'me');
    expect(new Set(seen).size).toBe(9);
    expect(seen).toHaveLength(9);
  });

  it('returns to the last page when people left', () => {
    expect(arrange(people(4), 'gallery', 4, 7).page).toBe(0);
  });

  it('shows a speaker of another page on the first one', () => {
    expect(names(arrange(people(10, { speakers: ['p9'] }), 'gallery', 4).large)).toContain('p9');
  });
});

describe('the grid', () => {
  it.each([
    [1, 1200, 700],
    [2, 1200, 700],
    [5, 1200, 700],
    [12, 1200, 700],
    [6, 374, 640],
    [1, 50, 50],
    [12, 3800, 2000],
  ])('of %i tiles fits into %i x %i', (count, width, height) => {
    const gap = 8;
    const grid = gridFor(count, { width, height }, gap);
    const rows = Math.ceil(count / grid.columns);
    expect(grid.columns * grid.width + (grid.columns - 1) * gap).toBeLessThanOrEqual(width);
    expect(rows * grid.height + (rows - 1) * gap).toBeLessThanOrEqual(height);
    expect(grid.width / grid.height).toBeLessThanOrEqual(WIDEST + 0.05);
    expect(grid.width).toBeGreaterThan(0);
  });

  it('stacks two people on a phone and puts them side by side on a desk', () => {
    expect(gridFor(2, { width: 374, height: 680 }, 8).columns).toBe(1);
    expect(gridFor(2, { width: 1400, height: 700 }, 8).columns).toBe(2);
  });

  it('holds no more tiles than there are slots, and at least two', () => {
    expect(galleryCapacity({ width: 4000, height: 2000 }, 8)).toBe(12);
    expect(galleryCapacity({ width: 100, height: 60 }, 8)).toBe(2);
  });
});
