import { describe, expect, test, vi } from 'vitest';

import { isBuildGone, persistently, RETRY_DELAYS_MS } from '../../src/interface/part';

describe('a part that is loaded', () => {
  test('is asked for again after each pause, and comes when it comes', async () => {
    const load = vi
      .fn<() => Promise<string>>()
      .mockRejectedValueOnce(new Error('away'))
      .mockResolvedValue('there');
    const pauses: number[] = [];

    const found = await persistently(load, delay => {
      pauses.push(delay);
      return Promise.resolve();
    });

    expect([found, pauses]).toEqual(['there', RETRY_DELAYS_MS.slice(0, 1)]);
  });

  test('is given up after the last attempt, with its reason', async () => {
    const load = vi.fn<() => Promise<string>>().mockRejectedValue(new Error('gone'));

    await expect(persistently(load, () => Promise.resolve())).rejects.toThrow('gone');
    expect(load).toHaveBeenCalledTimes(RETRY_DELAYS_MS.length + 1);
  });
});

describe('whether the build of this page is gone', () => {
  const answering = (status: number) =>
    vi.fn<typeof fetch>().mockResolvedValue(new Response(null, { status }));

  test.each([
    [404, true],
    [200, false],
    [503, false],
  ])('%i: %s', async (status, isGone) => {
    const fetcher = answering(status);

    expect(await isBuildGone('/services/rooms/static/page/0a/', fetcher)).toBe(isGone);
    expect(fetcher.mock.calls[0]?.[0]).toBe('/services/rooms/static/page/0a/page.js');
  });

  test('a server that is away does not say so', async () => {
    expect(await isBuildGone('/', vi.fn<typeof fetch>().mockRejectedValue(new Error('away')))).toBe(false);
  });
});
