import { describe, expect, it } from 'vitest';

import type { LayoutName, People, Size } from '../../src/interface/arrangement';
import { GAP, place } from '../../src/interface/placement';
import { someone } from '../client/fakes';

function people(count: number, withScreen = false): People {
  const participants = Array.from({ length: count }, (_, index) =>
    someone(index === 1 ? 'me' : `p${index}`, {
      role: index === 0 ? 'host' : 'participant',
      sources: withScreen && index === 0 ? ['screen'] : [],
    }),
  );
  return { participants, me: 'me', speakers: [], lastSpeaker: null, pinned: null };
}

const AREAS: Size[] = [
  { width: 1400, height: 760 },
  { width: 900, height: 760 },
  { width: 374, height: 690 },
  { width: 304, height: 480 },
  { width: 3800, height: 1900 },
  { width: 700, height: 300 },
];
const LAYOUTS: LayoutName[] = ['stage', 'side', 'gallery'];

describe('a placement', () => {
  it('fits its area, whatever the layout, the shape and the number of people', () => {
    for (const area of AREAS) {
      for (const layout of LAYOUTS) {
        for (const count of [1, 2, 3, 6, 9, 30]) {
          const { arrangement, isWide, stage, large, film } = place(people(count, true), layout, area, 0);
          const said = `${layout} of ${count} in ${area.width} x ${area.height}`;
          const shown = arrangement.small.length;
          expect(large.width, said).toBeLessThanOrEqual(stage.width);
          expect(large.height, said).toBeLessThanOrEqual(stage.height);
          if (shown > 0 && isWide) {
            expect(stage.width + GAP + film.width, said).toBeLessThanOrEqual(area.width);
            expect(shown * (film.height + GAP) - GAP, said).toBeLessThanOrEqual(area.height);
          } else if (shown > 0) {
            const columns = Math.floor((area.width + GAP) / (film.width + GAP));
            const rows = Math.ceil(shown / columns);
            expect(stage.height + rows * (film.height + GAP), said).toBeLessThanOrEqual(area.height);
          }
        }
      }
    }
  });

  it('gives a screen on a phone its own shape, and the rest to people', () => {
    const phone = { width: 374, height: 690 };
    const shared = place(people(8, true), 'stage', phone, 0);
    expect(shared.stage.height).toBeLessThan(phone.width);
    expect(shared.arrangement.hidden).toBe(0);
  });

  it('gives all the area to somebody who is alone', () => {
    const area = { width: 374, height: 690 };
    const alone = { ...people(1), participants: [someone('me')] };
    expect(place(alone, 'stage', area, 0).large).toEqual(area);
  });

  it('shows three faces in the band below what is presented on a phone, its pager at both ends', () => {
    const band = { width: 374, height: 112 };
    const three = place(people(3), 'gallery', band, 0);
    expect(three.arrangement.pages).toBe(1);
    expect(three.arrangement.large).toHaveLength(3);
    const many = place(people(30), 'gallery', band, 0);
    expect(many.isLow).toBe(true);
    expect(many.arrangement.large.length).toBeGreaterThanOrEqual(3);
    expect(many.stage).toEqual({ width: 374 - 2 * 44 - 2 * GAP, height: 112 });
    expect(many.large.height).toBeGreaterThan(80);
  });

  it('counts those for whom there is no room', () => {
    const { arrangement } = place(people(30), 'stage', { width: 1400, height: 760 }, 0);
    expect(arrangement.large.length + arrangement.small.length + arrangement.hidden).toBe(30);
    expect(arrangement.hidden).toBeGreaterThan(0);
  });
});
