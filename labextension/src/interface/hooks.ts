import { useEffect, useLayoutEffect, useState, type RefObject } from 'react';

import type { VideoRequest } from '../protocol/messages';

import type { Size } from './arrangement';
import { useClient } from './context';

/** The size of an element's content box, in CSS pixels; zero before it is known. */
export function useSize(element: RefObject<HTMLElement>): Size {
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const box = element.current;
    if (!box) {
      return undefined;
    }
    const observer = new ResizeObserver(([entry]) => {
      if (entry) {
        const { width, height } = entry.contentRect;
        setSize({ width: Math.floor(width), height: Math.floor(height) });
      }
    });
    observer.observe(box);
    return () => {
      observer.disconnect();
    };
  }, [element]);
  return size;
}

/** Asks for the pictures that a view shows, and lets them go with the view. */
export function useWantedVideos(view: string, requests: ReadonlyArray<VideoRequest>): void {
  const client = useClient();
  const asked = JSON.stringify(requests);
  useEffect(() => {
    client.wantVideos(view, JSON.parse(asked) as VideoRequest[]);
  }, [client, view, asked]);
  useEffect(
    () => () => {
      client.wantVideos(view, []);
    },
    [client, view],
  );
}

/** A value that is remembered in this browser. */
export function useRemembered<T extends string>(
  key: string,
  initial: T,
  allowed: ReadonlyArray<T>,
): [T, (value: T) => void] {
  const [value, setValue] = useState<T>(() => {
    try {
      const kept = localStorage.getItem(key);
      return allowed.find(one => one === kept) ?? initial;
    } catch {
      return initial;
    }
  });
  const remember = (next: T) => {
    setValue(next);
    try {
      localStorage.setItem(key, next);
    } catch {
      // A forbidden storage only costs the memory of a choice.
    }
  };
  return [value, remember];
}

/** Seconds until a moment (milliseconds since the epoch), counted down while it is shown. */
export function useSecondsUntil(momentMs: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const handle = setInterval(() => {
      setNow(Date.now());
    }, 500);
    return () => {
      clearInterval(handle);
    };
  }, []);
  return Math.max(0, Math.ceil((momentMs - now) / 1000));
}
