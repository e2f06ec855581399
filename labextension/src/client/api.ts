/** The rooms service over HTTP: links, one's rooms, a room's settings outside a session. */
import type { Admission, LinkView, MyRooms, RefusalView } from '../protocol/messages';

/** A refusal in words, or the service could not be reached at all. */
export type ApiFailure =
  | { kind: 'refused'; status: number; refusal: RefusalView }
  | { kind: 'unreachable' }
  | { kind: 'unexpected'; status: number };

export type ApiResult<T> = { ok: true; value: T } | { ok: false; failure: ApiFailure };

export interface RoomChanges {
  admission?: Admission;
  welcome?: string;
  guestPassword?: string | null;
}

export interface ReplacedLink {
  link: string;
}

export class RoomsApi {
  /** `prefix` ends with a slash; `token` is what the service wants back, or says what it is by now. */
  constructor(
    readonly prefix: string,
    private readonly token: string | (() => string),
    private readonly fetcher: typeof fetch = (input, init) => fetch(input, init),
  ) {}

  /** What goes into `X-XSRFToken`. */
  get xsrf(): string {
    return typeof this.token === 'string' ? this.token : this.token();
  }

  link(code: string): Promise<ApiResult<LinkView>> {
    return this.ask<LinkView>('GET', `api/links/${encodeURIComponent(code)}`);
  }

  enterAsGuest(code: string, name: string, password: string): Promise<ApiResult<LinkView>> {
    return this.ask<LinkView>('POST', `api/links/${encodeURIComponent(code)}/guest`, { name, password });
  }

  myRooms(): Promise<ApiResult<MyRooms>> {
    return this.ask<MyRooms>('GET', 'api/rooms');
  }

  changeRoom(roomId: string, changes: RoomChanges): Promise<ApiResult<unknown>> {
    return this.ask('PATCH', `api/rooms/${encodeURIComponent(roomId)}`, changes);
  }

  replaceLink(roomId: string): Promise<ApiResult<ReplacedLink>> {
    return this.ask<ReplacedLink>('POST', `api/rooms/${encodeURIComponent(roomId)}/link`);
  }

  /** Where the browser goes to log in, coming back to `next` (a path of this origin). */
  loginUrl(next: string): string {
    return `${this.prefix}login?next=${encodeURIComponent(next)}`;
  }

  attendanceUrl(roomId: string): string {
    return `${this.prefix}api/rooms/${encodeURIComponent(roomId)}/attendance?format=csv`;
  }

  /** Asks `path` below the service's prefix, as the person in the browser. */
  async ask<T>(method: string, path: string, body?: object): Promise<ApiResult<T>> {
    const headers: Record<string, string> = { Accept: 'application/json', 'X-XSRFToken': this.xsrf };
    if (body) {
      headers['Content-Type'] = 'application/json';
    }
    let response: Response;
    try {
      response = await this.fetcher(this.prefix + path, {
        method,
        headers,
        credentials: 'same-origin',
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
    } catch {
      return { ok: false, failure: { kind: 'unreachable' } };
    }
    const content: unknown = await response.json().catch(() => null);
    if (response.ok) {
      return { ok: true, value: content as T };
    }
    return isRefusal(content)
      ? { ok: false, failure: { kind: 'refused', status: response.status, refusal: content } }
      : { ok: false, failure: { kind: 'unexpected', status: response.status } };
  }
}

function isRefusal(content: unknown): content is RefusalView {
  return (
    typeof content === 'object' &&
    content !== null &&
    'code' in content &&
    'title' in content &&
    'message' in content
  );
}
