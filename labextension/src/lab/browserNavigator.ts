/** The real browser behind `login.ts`: a hidden frame and a small window. */
import type { LoginNavigator, OpenedWindow, ReadablePage } from './login';

/** The hub answers its redirections in well under a second; a stuck one must not hang the list. */
const FRAME_LIMIT_MS = 15_000;
const WINDOW_FEATURES = 'popup,width=480,height=640';

export const browserNavigator: LoginNavigator = {
  loadUnseen(url: string): Promise<ReadablePage | null> {
    return new Promise(resolve => {
      const frame = document.createElement('iframe');
      const finish = (page: ReadablePage | null): void => {
        clearTimeout(limit);
        resolve(page);
        // What is read is read at once by the caller's continuation; the frame may go after it.
        setTimeout(() => {
          frame.remove();
        });
      };
      const limit = setTimeout(() => {
        finish(null);
      }, FRAME_LIMIT_MS);
      frame.hidden = true;
      frame.tabIndex = -1;
      frame.setAttribute('aria-hidden', 'true');
      frame.onload = () => {
        finish(documentOf(() => frame.contentDocument));
      };
      frame.src = url;
      document.body.append(frame);
    });
  },

  openWindow(url: string): OpenedWindow | null {
    const opened = window.open(url, 'webvisio-session', WINDOW_FEATURES);
    return (
      opened && {
        document: () => documentOf(() => opened.document),
        isClosed: () => opened.closed,
        close: () => {
          opened.close();
        },
      }
    );
  },
};

/** A page of another origin, or one that refused to be framed, throws or is null. */
function documentOf(read: () => Document | null): Document | null {
  try {
    return read();
  } catch {
    return null;
  }
}
