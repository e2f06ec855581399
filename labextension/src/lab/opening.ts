/** Opens a room's tab from wherever it is asked for: launcher, sidebar, palette, menu, link. */
import { LabShell, type JupyterFrontEnd } from '@jupyterlab/application';
import { Dialog, Notification, showDialog } from '@jupyterlab/apputils';

import { ROOM_PANEL_ID, RoomPanel } from './roomPanel';
import { isUnderWay } from './summary';
import { STAYS } from './telling';
import type { IRoomService } from './tokens';

export const SIDEBAR_ID = 'webvisio-rooms';
const NARROW_PX = 600;

export class RoomOpener {
  private panel: RoomPanel | null = null;

  constructor(
    private readonly shell: JupyterFrontEnd.IShell,
    private readonly service: IRoomService,
  ) {
    service.openRoom.subscribe(() => {
      if (service.openRoom.get()?.mine.room.roomId !== this.panel?.roomId) {
        this.panel?.dispose();
      }
    });
  }

  /**
   * Opens one room; without a room the one that is open, or the only one, else shows the list.
   *
   * The tab is given back so that a launcher puts it in its own place.
   */
  async open(roomId?: string): Promise<RoomPanel | null> {
    const wanted = roomId ?? this.service.openRoom.get()?.mine.room.roomId ?? (await this.onlyRoom());
    if (wanted === undefined) {
      this.shell.activateById(SIDEBAR_ID);
      return null;
    }
    if (!(await this.mayLeaveFor(wanted))) {
      return null;
    }
    const opening = await this.service.open(wanted);
    switch (opening.kind) {
      case 'opened':
        if (!this.panel || this.panel.isDisposed || this.panel.roomId !== wanted) {
          this.panel?.dispose();
          this.panel = new RoomPanel(this.service, opening.room);
          this.shell.add(this.panel, 'main', { type: this.service.words.room });
        }
        this.shell.activateById(ROOM_PANEL_ID);
        this.makeWay();
        return this.panel;
      case 'unknown_room':
        Notification.error(this.service.words.unknownRoom(wanted), STAYS);
        return null;
      case 'not_read':
        // The list says what is the matter and has the button that helps.
        this.shell.activateById(SIDEBAR_ID);
        return null;
    }
  }

  /** On a phone JupyterLab's side bars leave the main area no width. */
  private makeWay(): void {
    if (window.innerWidth < NARROW_PX && this.shell instanceof LabShell) {
      this.shell.collapseLeft();
      this.shell.collapseRight();
    }
  }

  private async onlyRoom(): Promise<string | undefined> {
    const known = this.service.rooms.get();
    const state = known.kind === 'known' ? known : await this.service.refresh();
    return state.kind === 'known' && state.rooms.length === 1 ? state.rooms[0]?.room.roomId : undefined;
  }

  /** Asks before a session that is under way is given up for another room. */
  private async mayLeaveFor(roomId: string): Promise<boolean> {
    const { words } = this.service;
    const present = this.service.openRoom.get();
    const client = present?.session.client.get();
    if (!present || present.mine.room.roomId === roomId || !client || !isUnderWay(client.store.get())) {
      return true;
    }
    const rooms = this.service.rooms.get();
    const other = rooms.kind === 'known' ? rooms.rooms.find(mine => mine.room.roomId === roomId) : undefined;
    const answer = await showDialog({
      title: words.leaveOther(present.mine.room.name),
      body: words.leaveOtherBody(other?.room.name ?? roomId),
      buttons: [Dialog.cancelButton({ label: words.cancel }), Dialog.warnButton({ label: words.leave })],
    });
    return answer.button.accept;
  }
}
