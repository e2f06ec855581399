/**
 * The one place in JupyterLab that holds a room's session.
 *
 * Views come and go; the session ends by `close`, by leaving, or with the page.
 * Invariant: at most one room is open, and its requests are those of the
 * person in the browser (`login.ts`).
 */
import { RoomSession, RoomsApi } from '../client';
import { Store } from '../client/observable';
import { DocumentsApi } from '../documents/api';
import type { MyRoom } from '../protocol/messages';
import type { Locale } from '../words';

import type { RoomsLogin } from './login';
import { PAGE_BUILD } from './pageBuild';
import type { IRoomService, Opening, OpenRoom, RoomsState } from './tokens';
import { LAB_WORDS, type LabWords } from './words';

export interface RoomServiceSetup {
  /** Public path of the rooms service, ending in a slash; empty where there is none. */
  prefix: string;
  locale: Locale;
  login: RoomsLogin;
  fetcher?: typeof fetch;
  makeSession?: (code: string, api: RoomsApi) => RoomSession;
}

export class RoomService implements IRoomService {
  readonly locale: Locale;
  readonly words: LabWords;
  readonly login: RoomsLogin;
  readonly rooms = new Store<RoomsState>({ kind: 'unread' });
  readonly openRoom = new Store<OpenRoom | null>(null);
  readonly isRoomShown = new Store(false);
  readonly isSidebarShown = new Store(false);
  readonly isStripWanted = new Store(true);
  readonly documentOpener = new Store<((roomId: string, documentId: string) => void) | null>(null);
  private readonly api: RoomsApi;
  private stopKeepingLogin: () => void = () => undefined;

  constructor(private readonly setup: RoomServiceSetup) {
    this.locale = setup.locale;
    this.words = LAB_WORDS[setup.locale];
    this.login = setup.login;
    this.api = new RoomsApi(
      setup.prefix,
      () => setup.login.identity?.xsrf ?? '',
      asPerson(setup.login, setup.fetcher ?? globalThis.fetch),
    );
  }

  get isOffered(): boolean {
    return this.setup.prefix !== '';
  }

  async refresh(): Promise<RoomsState> {
    if (this.rooms.get().kind !== 'known') {
      this.rooms.set({ kind: 'reading' });
    }
    if (!this.login.identity && !(await this.login.connect())) {
      this.rooms.set({ kind: 'unread' });
      return this.rooms.get();
    }
    const answer = await this.api.myRooms();
    this.rooms.set(
      answer.ok ? { kind: 'known', rooms: answer.value.rooms } : { kind: 'failed', failure: answer.failure },
    );
    return this.rooms.get();
  }

  async open(roomId: string): Promise<Opening> {
    const present = this.openRoom.get();
    if (present?.mine.room.roomId === roomId) {
      return { kind: 'opened', room: present };
    }
    let found = this.find(roomId);
    if (!found) {
      const read = await this.refresh();
      found = this.find(roomId);
      if (!found) {
        return { kind: read.kind === 'known' ? 'unknown_room' : 'not_read' };
      }
    }
    this.close();
    const room: OpenRoom = { mine: found, session: this.makeSession(linkCode(found.link)) };
    this.stopKeepingLogin = keepLogin(room.session, this.login);
    this.openRoom.set(room);
    return { kind: 'opened', room };
  }

  documents(roomId: string): DocumentsApi {
    return new DocumentsApi(this.api, roomId);
  }

  close(): void {
    const present = this.openRoom.get();
    this.stopKeepingLogin();
    this.openRoom.set(null);
    present?.session.dispose();
  }

  private find(roomId: string): MyRoom | null {
    const state = this.rooms.get();
    return state.kind === 'known' ? (state.rooms.find(mine => mine.room.roomId === roomId) ?? null) : null;
  }

  private makeSession(code: string): RoomSession {
    const { makeSession, prefix, locale, login } = this.setup;
    return makeSession
      ? makeSession(code, this.api)
      : new RoomSession({
          prefix,
          assets: `${prefix}static/page/${PAGE_BUILD}/`,
          code,
          locale,
          xsrf: login.identity?.xsrf ?? '',
          environment: { api: this.api },
        });
  }
}

/**
 * Brings a session back in whose login ran out, where the hub still knows the browser.
 *
 * Once for each loss: when that does not help, the room's own page asks for the login.
 */
export function keepLogin(session: Pick<RoomSession, 'client'>, login: RoomsLogin): () => void {
  let unwatchClient: () => void = () => undefined;
  let hasTried = false;
  const watchClient = (): void => {
    unwatchClient();
    const client = session.client.get();
    unwatchClient =
      client?.store.subscribe(() => {
        const { phase } = client.store.get();
        if (phase.kind === 'inside') {
          hasTried = false;
        } else if (phase.kind === 'login_required' && !hasTried) {
          hasTried = true;
          void login.connect().then(identity => {
            if (identity && client.store.get().phase.kind === 'login_required') {
              client.enter();
            }
          });
        }
      }) ?? (() => undefined);
  };
  const unwatch = session.client.subscribe(watchClient);
  watchClient();
  return () => {
    unwatch();
    unwatchClient();
  };
}

/** The code at the end of a room's link. */
export function linkCode(link: string): string {
  return decodeURIComponent(
    link
      .replace(/[?#].*$/, '')
      .split('/')
      .pop() ?? '',
  );
}

/** Refused because the login is missing or the XSRF token belongs to an earlier one. */
const LOGIN_IS_STALE: readonly number[] = [401, 403];

/**
 * Fetches with the present XSRF token, and once again after a silent login
 * when the service no longer knows the browser.
 */
export function asPerson(login: RoomsLogin, fetcher: typeof fetch): typeof fetch {
  const attempt = (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const headers = new Headers(init?.headers);
    headers.set('X-XSRFToken', login.identity?.xsrf ?? '');
    return fetcher(input, { ...init, headers });
  };
  return async (input, init) => {
    const response = await attempt(input, init);
    if (!LOGIN_IS_STALE.includes(response.status)) {
      return response;
    }
    const before = login.identity?.xsrf;
    const identity = await login.connect();
    return identity && identity.xsrf !== before ? attempt(input, init) : response;
  };
}
