/** The left sidebar's panel: the strip of the room one is in, then the list of one's rooms. */
import { ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import { Panel } from '@lumino/widgets';

import type { Cancel, Scheduler } from '../client/scheduler';

import { roomIcon } from './icons';
import { SIDEBAR_ID } from './opening';
import { RoomList } from './RoomList';
import { StripHost } from './stripHost';
import { isInRoom } from './summary';
import type { IRoomService } from './tokens';
import type { RoomWatch } from './watching';

/** While the list is looked at, it is read again this often. */
export const REFRESH_INTERVAL_MS = 15_000;

export interface SidebarActions {
  open: (roomId: string) => void;
  backToRoom: () => void;
  copyLink: (link: string) => void;
}

export class RoomSidebar extends Panel {
  private readonly strip: StripHost;
  private readonly unwatch: (() => void)[];
  private cancelRefresh: Cancel | null = null;

  constructor(
    private readonly service: IRoomService,
    private readonly scheduler: Scheduler,
    watch: RoomWatch,
    actions: SidebarActions,
  ) {
    super();
    const { words } = service;
    this.id = SIDEBAR_ID;
    this.title.icon = roomIcon;
    this.title.caption = words.room;
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', words.room);
    this.addClass('webvisio-lab-sidebar');
    this.strip = new StripHost(words.strip, 'column', actions.backToRoom);
    const list = ReactWidget.create(
      <RoomList service={service} watch={watch} onOpen={actions.open} onCopyLink={actions.copyLink} />,
    );
    this.addWidget(this.strip);
    this.addWidget(list);
    let wasInside = false;
    const follow = (): void => {
      const watched = watch.store.get();
      const isInside = watched !== null && isInRoom(watched.summary.presence);
      this.strip.setSession(isInside ? watched.room.session : null);
      if (wasInside && !isInside && this.isVisible) {
        // Who is put out should not read for a quarter of a minute that the room is open.
        this.keepFresh();
      }
      wasInside = isInside;
    };
    this.unwatch = [
      watch.store.subscribe(follow),
      // A click in the small window has logged the person in: the list can be read now.
      service.login.store.subscribe(() => {
        if (service.login.identity && service.rooms.get().kind === 'unread') {
          void service.refresh();
        }
      }),
    ];
    follow();
  }

  override dispose(): void {
    this.cancelRefresh?.();
    for (const unsubscribe of this.unwatch) {
      unsubscribe();
    }
    super.dispose();
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.service.isSidebarShown.set(true);
    this.keepFresh();
  }

  protected override onAfterHide(message: Message): void {
    super.onAfterHide(message);
    this.service.isSidebarShown.set(false);
    this.cancelRefresh?.();
    this.cancelRefresh = null;
  }

  private keepFresh(): void {
    this.cancelRefresh?.();
    void this.service.refresh();
    this.cancelRefresh = this.scheduler.after(REFRESH_INTERVAL_MS, () => {
      this.keepFresh();
    });
  }
}
