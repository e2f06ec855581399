/**
 * Which pictures all views together want, most important first. Pure.
 *
 * Several views may show the same room at once (a tab and the sidebar's strip
 * in JupyterLab); a picture that two of them want is asked for once, at the
 * larger size.
 */
import type { VideoRequest } from '../protocol/messages';

export const MAX_WANTED = 64;

export function mergeWanted(views: Iterable<ReadonlyArray<VideoRequest>>): ReadonlyArray<VideoRequest> {
  const merged = new Map<string, VideoRequest>();
  for (const requests of views) {
    for (const request of requests) {
      const key = `${request.participantId} ${request.source}`;
      const known = merged.get(key);
      merged.set(
        key,
        known
          ? {
              ...known,
              width: Math.max(known.width, request.width),
              height: Math.max(known.height, request.height),
            }
          : request,
      );
    }
  }
  return [...merged.values()].slice(0, MAX_WANTED);
}

/** How much of a line is spent on pictures: all of them, the most important one, or none. */
export type Thrift = 'everything' | 'stage' | 'sound';

export const THRIFTS: ReadonlyArray<Thrift> = ['everything', 'stage', 'sound'];

/** What is left of the wishes: a shared screen is the most important picture, else the first. */
export function withinThrift(
  wanted: ReadonlyArray<VideoRequest>,
  thrift: Thrift,
): ReadonlyArray<VideoRequest> {
  switch (thrift) {
    case 'everything':
      return wanted;
    case 'stage': {
      const stage = wanted.find(one => one.source === 'screen') ?? wanted[0];
      return stage ? [stage] : [];
    }
    case 'sound':
      return [];
  }
}

export function sameWanted(a: ReadonlyArray<VideoRequest>, b: ReadonlyArray<VideoRequest>): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
