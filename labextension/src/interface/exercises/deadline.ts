/** A deadline in the words of whoever must keep it: their own time zone, and how long it still is. */
import { useEffect, useState } from 'react';

import type { Locale, Words } from '../../words';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** From here on the seconds are counted. */
const LAST_MOMENTS_MS = 2 * MINUTE_MS;
/** From here on it is urgent. */
const URGENT_MS = 5 * MINUTE_MS;

/** The time of an instant with its zone; with its day, unless that is today. */
export function momentOf(instant: string | Date, locale: Locale, now: number): string {
  const at = new Date(instant);
  const isToday = at.toDateString() === new Date(now).toDateString();
  return new Intl.DateTimeFormat(locale, {
    ...(isToday ? {} : { weekday: 'short', day: 'numeric', month: 'short' }),
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
  }).format(at);
}

/** How long it still is: "12 min", "45 s"; null once it is past. */
export function remaining(instant: string, now: number, words: Words): string | null {
  const left = Date.parse(instant) - now;
  if (left <= 0) {
    return null;
  }
  if (left < LAST_MOMENTS_MS) {
    return words('deadline.seconds', { count: Math.ceil(left / SECOND_MS) });
  }
  if (left < HOUR_MS) {
    return words('deadline.minutes', { count: Math.ceil(left / MINUTE_MS) });
  }
  if (left < DAY_MS) {
    const minutes = Math.ceil(left / MINUTE_MS);
    return words('deadline.hours', {
      count: Math.floor(minutes / 60),
      minutes: String(minutes % 60).padStart(2, '0'),
    });
  }
  return words('deadline.days', { count: Math.floor(left / DAY_MS) });
}

export function isUrgent(instant: string, now: number): boolean {
  return Date.parse(instant) - now < URGENT_MS;
}

/** What a trainee reads beside their copy. */
export function deadlineText(instant: string, locale: Locale, now: number, words: Words): string {
  const left = remaining(instant, now, words);
  const time = momentOf(instant, locale, now);
  return left === null ? words('deadline.past', { time }) : words('deadline.until', { time, left });
}

/** The present moment, every second. */
export function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const handle = setInterval(() => {
      setNow(Date.now());
    }, SECOND_MS);
    return () => {
      clearInterval(handle);
    };
  }, []);
  return now;
}

/** An instant as a `datetime-local` field wants it: local, to the minute. */
export function localValue(instant: Date): string {
  const local = new Date(instant.getTime() - instant.getTimezoneOffset() * MINUTE_MS);
  return local.toISOString().slice(0, 16);
}
