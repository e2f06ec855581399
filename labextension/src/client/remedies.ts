/** Which advice fits this browser when a device is refused. Pure. */
import type { DeviceProblem } from './devices';

export type Browser = 'chrome' | 'firefox' | 'safari' | 'ios' | 'android' | 'other';

/** Tells the browser by its own word; only advice depends on it, never behaviour. */
export function browserOf(userAgent: string, touchPoints = 0): Browser {
  if (/iPhone|iPad|iPod/.test(userAgent) || (userAgent.includes('Macintosh') && touchPoints > 1)) {
    return 'ios';
  }
  if (userAgent.includes('Android')) {
    return 'android';
  }
  if (userAgent.includes('Firefox/')) {
    return 'firefox';
  }
  if (/Chrome\/|Chromium\/|Edg\//.test(userAgent)) {
    return 'chrome';
  }
  return userAgent.includes('Safari/') ? 'safari' : 'other';
}

export type Remedy =
  | `remedy.refused.${Browser}`
  | 'remedy.system'
  | 'remedy.none'
  | 'remedy.busy'
  | 'remedy.unplugged'
  | 'remedy.insecure'
  | 'remedy.failed';

export function remedyOf(problem: DeviceProblem, browser: Browser): Remedy {
  switch (problem) {
    case 'refused':
      return `remedy.refused.${browser}`;
    case 'refused_by_system':
      return 'remedy.system';
    case 'none':
    case 'busy':
    case 'unplugged':
    case 'insecure':
    case 'failed':
      return `remedy.${problem}`;
  }
}
