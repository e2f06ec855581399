import { describe, expect, it } from 'vitest';

import { leftUploads } from '../../src/files/leftUploads';

const URL = '/services/rooms/api/rooms/python/uploads';

function storage(entries: Record<string, unknown>): Storage {
  const texts = Object.fromEntries(
    Object.entries(entries).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
  return Object.defineProperty({ ...texts } as unknown as Storage, 'getItem', {
    value: (key: string) => texts[key] ?? null,
    enumerable: false,
  });
}

function begun(name: string, minute: number) {
  return {
    uploadUrl: `${URL}/u1`,
    size: 9,
    creationTime: `2026-11-23T09:0${minute}:00Z`,
    metadata: { filename: name, folder: 'Semaine 1', rule: 'everybody' },
  };
}

describe('uploads of an earlier page', () => {
  it('are those of this room, oldest first', () => {
    const found = leftUploads(
      storage({
        [`tus::webvisio|${URL}|b::2`]: begun('b.bin', 2),
        [`tus::webvisio|${URL}|a::1`]: begun('a.bin', 1),
        'tus::webvisio|/services/rooms/api/rooms/other/uploads|c::3': begun('c.bin', 0),
        'webvisio-layout': 'stage',
      }),
      URL,
    );
    expect(found.map(one => one.name)).toEqual(['a.bin', 'b.bin']);
    expect(found[0]).toMatchObject({ folder: 'Semaine 1', rule: 'everybody', recipient: null, sizeBytes: 9 });
  });

  it('that cannot be read are left out', () => {
    const broken = { 'x::1': '{', 'x::2': 'null', 'x::3': '{"uploadUrl": 1}', 'x::4': '[]', 'x::5': '""' };
    const entries = Object.entries(broken).map(([key, text]) => [`tus::webvisio|${URL}|${key}`, text]);
    expect(leftUploads(storage(Object.fromEntries(entries) as Record<string, unknown>), URL)).toEqual([]);
  });
});
