import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import {
  buildsOf,
  KEPT_BUILDS,
  KEPT_DAYS,
  prune,
  shareEqualFiles,
  tellBuilds,
  withBuild,
  type Build,
} from '../../scripts/builds.mjs';

const DAY_MS = 24 * 3600 * 1000;
const NOON = new Date('2026-11-23T12:00:00Z');
const daysBefore = (days: number, ms = 0) => new Date(NOON.getTime() - days * DAY_MS - ms);
const built = (name: string, at: Date): Build => ({ name, at: at.toISOString() });
const names = (builds: ReadonlyArray<Build>) => builds.map(one => one.name);

describe('which builds stay', () => {
  test('the first build is the only one', () => {
    expect(withBuild([], { name: 'a' }, NOON)).toEqual([built('a', NOON)]);
  });

  test('a build stays for so many days after the next one came, however old it is itself', () => {
    const former = [built('b', daysBefore(1)), built('a', daysBefore(400))];

    expect(names(withBuild(former, { name: 'c' }, NOON))).toEqual(['c', 'b', 'a']);
  });

  test('it goes a millisecond after those days', () => {
    const until = (ms: number) =>
      names(
        withBuild([built('b', daysBefore(KEPT_DAYS, ms)), built('a', daysBefore(30))], { name: 'c' }, NOON),
      );

    expect(until(0)).toEqual(['c', 'b', 'a']);
    expect(until(1)).toEqual(['c', 'b']);
  });

  test('there are never more than the limit', () => {
    let builds: ReadonlyArray<Build> = [];
    for (let number = 0; number < KEPT_BUILDS + 3; number += 1) {
      builds = withBuild(builds, { name: String(number) }, new Date(NOON.getTime() + number));
    }

    expect(builds).toHaveLength(KEPT_BUILDS);
    expect(builds[0]?.name).toBe(String(KEPT_BUILDS + 2));
  });

  test('the same build again changes nothing but what is over', () => {
    const former = [built('b', daysBefore(KEPT_DAYS, 1)), built('a', daysBefore(30))];

    expect(withBuild(former, { name: 'b' }, NOON)).toEqual([former[0]]);
  });

  test('an update that is taken back makes the former build the newest, once', () => {
    const former = [built('b', daysBefore(0, 5)), built('a', daysBefore(1))];

    expect(withBuild(former, { name: 'a' }, NOON)).toEqual([built('a', NOON), former[0]]);
  });
});

describe('on the disk', () => {
  let folder: string;
  const put = async (name: string, content: string, changedAt = NOON) => {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
    await utimes(file, changedAt, changedAt);
  };

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'webvisio-builds-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  test('what was told is read back, and before there is anything there is nothing', async () => {
    expect(await buildsOf(folder)).toEqual([]);
    await tellBuilds(folder, [built('a', NOON)]);

    expect(await buildsOf(folder)).toEqual([built('a', NOON)]);
    expect(await readdir(folder)).toEqual(['builds.json']);
  });

  test('a list that is damaged is not taken for an empty one', async () => {
    await put('builds.json', '{"builds": [');

    await expect(buildsOf(folder)).rejects.toThrow();
  });

  test('what is over goes at once, what nobody knows a day later, what stays stays', async () => {
    await put('kept.js', '', daysBefore(30));
    await put('over.js', '');
    await put('young-stranger.js', '', daysBefore(1));
    await put('old-stranger.js', '', daysBefore(1, 1000));

    await prune(folder, { kept: new Set(['kept.js']), former: new Set(['kept.js', 'over.js']) }, NOON);

    expect((await readdir(folder)).sort()).toEqual(['kept.js', 'young-stranger.js']);
  });

  test('equal files of two builds lie on the disk once, and outlive the former build', async () => {
    await put('former/fonts/a.woff2', 'the same');
    await put('former/page.js', 'before');
    await put('fresh/fonts/a.woff2', 'the same');
    await put('fresh/page.js', 'after');

    await shareEqualFiles(path.join(folder, 'former'), path.join(folder, 'fresh'));

    expect((await stat(path.join(folder, 'fresh/fonts/a.woff2'))).nlink).toBe(2);
    expect((await stat(path.join(folder, 'fresh/page.js'))).nlink).toBe(1);
    await rm(path.join(folder, 'former'), { recursive: true });
    expect(await readFile(path.join(folder, 'fresh/fonts/a.woff2'), 'utf8')).toBe('the same');
  });
});
