/**
 * Who the person in the browser is for the rooms service.
 *
 * Inside JupyterLab the service's cookies belong to another path: scripts of
 * this page cannot read its XSRF token, and a `fetch` can start no login. Both
 * come from one navigation to the service's `session` page, in a hidden frame
 * when the hub knows the browser, in a small window after a click otherwise.
 * See docs/architecture.md, "Cookies of another path".
 *
 * Invariant: the identity is always read from the service's own page, never
 * from JupyterLab, whose page may belong to somebody else.
 */
import { Store } from '../client/observable';
import type { Cancel, Scheduler } from '../client/scheduler';

export interface Identity {
  userName: string;
  /** What the service wants back in `X-XSRFToken`. */
  xsrf: string;
}

export type LoginState =
  | { kind: 'unknown' }
  | { kind: 'connecting' }
  | { kind: 'connected'; identity: Identity }
  /** The hub wants to see the person: only a click may open a window. */
  | { kind: 'needs_click' }
  /** The page came from this origin but not from the service: it is down. */
  | { kind: 'unavailable' };

/** A page that was navigated to; its document is null while another origin's, or unreadable. */
export interface OpenedWindow {
  document(): ReadablePage | null;
  isClosed(): boolean;
  close(): void;
}

/** As much of a document as is read here. */
export interface ReadablePage {
  querySelector(selectors: string): { getAttribute(name: string): string | null } | null;
}

/** The browser's two ways to navigate without leaving this page. */
export interface LoginNavigator {
  /** Loads `url` unseen; resolves once loaded, with null when the page cannot be read. */
  loadUnseen(url: string): Promise<ReadablePage | null>;
  /** Opens `url` in a small window; null when the browser forbids it. */
  openWindow(url: string): OpenedWindow | null;
}

export const WINDOW_POLL_MS = 250;

export class RoomsLogin {
  readonly store = new Store<LoginState>({ kind: 'unknown' });
  private underWay: Promise<Identity | null> | null = null;
  private watching: Cancel | null = null;

  /** `prefix` is the service's public path, ending in a slash. */
  constructor(
    private readonly prefix: string,
    private readonly navigator: LoginNavigator,
    private readonly scheduler: Scheduler,
  ) {}

  get identity(): Identity | null {
    const state = this.store.get();
    return state.kind === 'connected' ? state.identity : null;
  }

  /** Logs in unseen, or finds that a click is needed; asked twice, it works once. */
  connect(): Promise<Identity | null> {
    this.underWay ??= this.loadIdentity().finally(() => {
      this.underWay = null;
    });
    return this.underWay;
  }

  /** Opens the login in a small window; call it from a click, or the browser forbids it. */
  connectByWindow(): boolean {
    this.watching?.();
    const opened = this.navigator.openWindow(this.pageUrl);
    if (opened) {
      this.watch(opened);
    }
    return opened !== null;
  }

  dispose(): void {
    this.watching?.();
    this.watching = null;
  }

  private get pageUrl(): string {
    return `${this.prefix}session`;
  }

  private async loadIdentity(): Promise<Identity | null> {
    if (!this.identity) {
      this.store.set({ kind: 'connecting' });
    }
    const page = await this.navigator.loadUnseen(this.pageUrl);
    const identity = page && readIdentity(page);
    if (identity) {
      this.store.set({ kind: 'connected', identity });
    } else {
      this.store.set({ kind: page ? 'unavailable' : 'needs_click' });
    }
    return identity;
  }

  private watch(opened: OpenedWindow): void {
    this.watching = this.scheduler.after(WINDOW_POLL_MS, () => {
      const page = opened.document();
      const identity = page && readIdentity(page);
      if (identity) {
        opened.close();
        this.store.set({ kind: 'connected', identity });
      } else if (!opened.isClosed()) {
        this.watch(opened);
      }
    });
  }
}

/** Reads who one is off the `session` page; null on any other page. */
export function readIdentity(page: ReadablePage): Identity | null {
  const userName = page.querySelector('meta[name="webvisio-user"]')?.getAttribute('content');
  const xsrf = page.querySelector('meta[name="webvisio-xsrf"]')?.getAttribute('content');
  return userName && xsrf ? { userName, xsrf } : null;
}
