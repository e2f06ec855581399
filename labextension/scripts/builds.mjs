/**
 * Which builds of the front end are served: the newest, and former ones for
 * people whose page is still of that build and has yet to load parts of it.
 *
 * A folder's `builds.json` names them, newest first, each with the instant since
 * which it is the newest; whoever serves the folder reads the first. A build is
 * kept whole or not at all, so that parts of two builds never meet in one page.
 */
import { link, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** A page that is open longer than this after an update has to be loaded again. */
export const KEPT_DAYS = 7;
/** At most so many builds, the newest included, however young they are. */
export const KEPT_BUILDS = 10;

const DAY_MS = 24 * 3600 * 1000;

/**
 * The builds once `fresh` (`{ name }`) is the newest at `now`; those that are
 * left out may be removed. One that was there before (an update taken back) is
 * moved, not doubled; one that is the newest already stays as it is.
 */
export function withBuild(builds, fresh, now) {
  const all =
    builds[0]?.name === fresh.name
      ? builds
      : [{ ...fresh, at: now.toISOString() }, ...builds.filter(one => one.name !== fresh.name)];
  return all.filter((_, index) => {
    // A build went out of use when the next one came.
    const replacedAt = index === 0 ? now : new Date(all[index - 1].at);
    return index < KEPT_BUILDS && now.getTime() - replacedAt.getTime() <= KEPT_DAYS * DAY_MS;
  });
}

/** The builds that a folder has, newest first; none where nothing was built yet. */
export async function buildsOf(folder) {
  try {
    const { builds } = JSON.parse(await readFile(path.join(folder, 'builds.json'), 'utf8'));
    return builds;
  } catch (problem) {
    if (problem.code === 'ENOENT') {
      return [];
    }
    throw problem;
  }
}

/** Says which builds there are, all at once: a reader sees the former list or this one. */
export async function tellBuilds(folder, builds) {
  const file = path.join(folder, 'builds.json');
  await writeFile(`${file}.new`, `${JSON.stringify({ builds }, null, 2)}\n`);
  await rename(`${file}.new`, file);
}

/**
 * Removes from `folder` what belonged to builds alone that are over (`former`
 * names all that is theirs, `kept` what stays), and, once it is a day old,
 * whatever else lies there: a younger one may be a build under way, or what a
 * service that was not started again still serves.
 */
export async function prune(folder, { kept, former }, now) {
  for (const name of await readdir(folder)) {
    const file = path.join(folder, name);
    const { mtimeMs } = await stat(file);
    if (!kept.has(name) && (former.has(name) || now.getTime() - mtimeMs > DAY_MS)) {
      await rm(file, { recursive: true, force: true });
    }
  }
}

/** Has equal files of two builds (fonts, tables) lie on the disk once. */
export async function shareEqualFiles(former, fresh) {
  for (const entry of await readdir(fresh, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) {
      continue;
    }
    const file = path.join(entry.parentPath, entry.name);
    const other = path.join(former, path.relative(fresh, file));
    const [mine, theirs] = await Promise.all([readFile(file), readFile(other).catch(() => null)]);
    if (theirs?.equals(mine)) {
      try {
        await link(other, `${file}.same`);
        await rename(`${file}.same`, file);
      } catch {
        // A disk without links keeps both.
        await rm(`${file}.same`, { force: true });
      }
    }
  }
}
