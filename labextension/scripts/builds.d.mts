/** Types of `builds.mjs`, for its tests. */
export interface Build {
  name: string;
  /** The instant since which it is, or was, the newest. */
  at: string;
}

export const KEPT_DAYS: number;
export const KEPT_BUILDS: number;
export function withBuild(
  builds: ReadonlyArray<Build>,
  fresh: { name: string },
  now: Date,
): ReadonlyArray<Build>;
export function buildsOf(folder: string): Promise<ReadonlyArray<Build>>;
export function tellBuilds(folder: string, builds: ReadonlyArray<Build>): Promise<void>;
export function prune(
  folder: string,
  names: { kept: ReadonlySet<string>; former: ReadonlySet<string> },
  now: Date,
): Promise<void>;
export function shareEqualFiles(former: string, fresh: string): Promise<void>;
