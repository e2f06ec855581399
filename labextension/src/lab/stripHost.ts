/**
 * A place for the room's strip (small faces and the five controls).
 *
 * What is not seen asks the service for no picture: the view is taken out
 * whenever the place is hidden, and put in again when it shows.
 */
import type { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import type { RoomSession } from '../client';
import { mountRoom, type RoomHandle } from '../interface/mount';

export class StripHost extends Widget {
  private handle: RoomHandle | null = null;
  private session: RoomSession | null = null;

  /** `onExpand` brings the whole room back. */
  constructor(
    label: string,
    private readonly shape: 'column' | 'row',
    private readonly onExpand: () => void,
  ) {
    super();
    this.addClass('webvisio-lab-strip');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', label);
    this.hide();
  }

  /** Shows the strip of this session; hides with null. */
  setSession(session: RoomSession | null): void {
    if (session !== this.session) {
      this.unmount();
      this.session = session;
    }
    this.setHidden(session === null);
    this.mount();
  }

  override dispose(): void {
    this.unmount();
    super.dispose();
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this.mount();
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.mount();
  }

  protected override onAfterHide(message: Message): void {
    super.onAfterHide(message);
    this.unmount();
  }

  private mount(): void {
    if (this.session && !this.handle && this.isVisible) {
      this.handle = mountRoom(this.node, this.session, {
        place: 'lab',
        mode: 'strip',
        stripShape: this.shape,
        onExpand: this.onExpand,
      });
    }
  }

  private unmount(): void {
    this.handle?.dispose();
    this.handle = null;
  }
}
