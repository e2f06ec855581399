/**
 * Everything one room needs in one browser: HTTP, devices, the client. A view
 * is attached to a session and may go away without ending it.
 */
import type { LinkView } from '../protocol/messages';

import { RoomsApi, type ApiFailure } from './api';
import { Devices } from './devices';
import { Store } from './observable';
import { keepPlace, takePlace } from './place';
import { RoomClient, type RoomClientSetup } from './roomClient';
import { browserScheduler } from './scheduler';

export type Locale = 'en' | 'fr';

/** What is known of the link, before anybody joins. */
export type LinkState =
  { kind: 'loading' } | { kind: 'known'; link: LinkView } | { kind: 'failed'; failure: ApiFailure };

export interface RoomSessionOptions {
  /** `/services/rooms/`, with both slashes. */
  prefix: string;
  /** Folder of the build of the page that goes with this code, ending in a slash: islands come from there. */
  assets: string;
  /** The room's link code; a room is always reached by its link. */
  code: string;
  locale: Locale;
  /** What the rooms service wants back in `X-XSRFToken`. */
  xsrf: string;
  /** Whoever loads the page anew from inside a room comes back into it; JupyterLab never does. */
  comesBack?: boolean;
  /** Overrides for tests and scripted screens. */
  environment?: Partial<Environment>;
}

export interface Environment {
  devices: Devices;
  api: RoomsApi;
  client: Partial<
    Pick<RoomClientSetup, 'openSocket' | 'createConnection' | 'createAudio' | 'scheduler' | 'newId'>
  >;
}

export class RoomSession {
  readonly api: RoomsApi;
  readonly devices: Devices;
  readonly link = new Store<LinkState>({ kind: 'loading' });
  readonly locale: Store<Locale>;
  /** Null until the link is known: the link tells which room it is. */
  readonly client = new Store<RoomClient | null>(null);
  private isReloading = false;
  private readonly onWake = () => {
    if (document.visibilityState === 'visible') {
      this.client.get()?.hurry();
    }
  };
  private readonly onNetwork = () => {
    this.client.get()?.networkChanged();
  };
  private readonly onHide = (event: PageTransitionEvent) => {
    // A page that the browser keeps (`persisted`) may come back and resume.
    // One that is loaded anew comes back: the room keeps the seat, the hand too.
    if (!event.persisted && !this.isReloading) {
      this.client.get()?.leave();
    }
  };

  constructor(readonly options: RoomSessionOptions) {
    this.api = options.environment?.api ?? new RoomsApi(options.prefix, options.xsrf);
    this.devices = options.environment?.devices ?? new Devices();
    this.locale = new Store<Locale>(options.locale);
    window.addEventListener('online', this.onNetwork);
    window.addEventListener('pagehide', this.onHide);
    document.addEventListener('visibilitychange', this.onWake);
  }

  /** Reads the link (again); the client is made as soon as the room is known. */
  async load(): Promise<LinkState> {
    const result = await this.api.link(this.options.code);
    return this.learn(
      result.ok ? { kind: 'known', link: result.value } : { kind: 'failed', failure: result.failure },
    );
  }

  /** Gives the room's password; the answer is the link as this guest now sees it. */
  async enterAsGuest(name: string, password: string): Promise<ApiFailure | null> {
    const result = await this.api.enterAsGuest(this.options.code, name, password);
    if (!result.ok) {
      return result.failure;
    }
    this.learn({ kind: 'known', link: result.value });
    return null;
  }

  /** The address that opens this room, to copy and to show as a QR code. */
  get invitation(): string {
    return `${location.origin}${this.options.prefix}r/${encodeURIComponent(this.options.code)}`;
  }

  /** Loads the page anew; where the person comes back, so do their devices and what they were writing. */
  reload(): void {
    const place = this.options.comesBack ? this.client.get()?.place : null;
    if (place) {
      this.isReloading = true;
      keepPlace(sessionStorage, { code: this.options.code, ...place }, Date.now());
    }
    location.reload();
  }

  dispose(): void {
    window.removeEventListener('online', this.onNetwork);
    window.removeEventListener('pagehide', this.onHide);
    document.removeEventListener('visibilitychange', this.onWake);
    this.client.get()?.leave();
    this.client.get()?.dispose();
    this.devices.dispose();
  }

  private learn(state: LinkState): LinkState {
    if (state.kind === 'known' && this.client.get()?.roomId !== state.link.room.roomId) {
      const client = this.makeClient(state.link.room.roomId);
      this.client.get()?.dispose();
      const place = this.options.comesBack ? takePlace(sessionStorage, this.options.code, Date.now()) : null;
      if (place && state.link.refusal === null && state.link.visitor.kind !== 'anonymous') {
        client.comeBack(place);
      }
      this.client.set(client);
    }
    this.link.set(state);
    return state;
  }

  private makeClient(roomId: string): RoomClient {
    return new RoomClient({
      prefix: this.options.prefix,
      roomId,
      devices: this.devices,
      locale: this.locale.get,
      scheduler: browserScheduler,
      openSocket: url => new WebSocket(url),
      createConnection: configuration => new RTCPeerConnection(configuration),
      createAudio: () => new Audio(),
      newId,
      socketOrigin: location.origin.replace(/^http/, 'ws'),
      ...this.options.environment?.client,
    });
  }
}

/** Random and unguessable; `randomUUID` is missing where the page is not served securely. */
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
}
