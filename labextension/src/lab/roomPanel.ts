/** The room in JupyterLab's main area: a view on the session that the room service holds. */
import { MainAreaWidget } from '@jupyterlab/apputils';
import type { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import { mountRoom, type RoomHandle } from '../interface/mount';

import { roomIcon } from './icons';
import { isUnderWay } from './summary';
import type { IRoomService, OpenRoom } from './tokens';

export const ROOM_PANEL_ID = 'webvisio-room';

class RoomContent extends Widget {
  private handle: RoomHandle | null = null;

  constructor(
    private readonly service: IRoomService,
    private readonly room: OpenRoom,
  ) {
    super();
    this.addClass('webvisio-lab-room');
    this.node.tabIndex = -1;
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this.handle?.dispose();
    this.handle = null;
    this.service.isRoomShown.set(false);
    const client = this.room.session.client.get();
    // The door is only a view: leaving it gives the camera back. A session goes on.
    if (this.service.openRoom.get() === this.room && !(client && isUnderWay(client.store.get()))) {
      this.service.close();
    }
    super.dispose();
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this.handle ??= mountRoom(this.node, this.room.session, {
      place: 'lab',
      openDocument: (roomId, documentId) => {
        this.service.documentOpener.get()?.(roomId, documentId);
      },
    });
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.service.isRoomShown.set(true);
  }

  protected override onAfterHide(message: Message): void {
    super.onAfterHide(message);
    this.service.isRoomShown.set(false);
  }
}

/** Makes the tab; its `roomId` tells which room it shows. */
export class RoomPanel extends MainAreaWidget {
  readonly roomId: string;

  constructor(service: IRoomService, room: OpenRoom) {
    super({ content: new RoomContent(service, room) });
    this.roomId = room.mine.room.roomId;
    this.id = ROOM_PANEL_ID;
    this.title.label = room.mine.room.name;
    this.title.caption = `${service.words.room}: ${room.mine.room.name}`;
    this.title.icon = roomIcon;
    this.title.closable = true;
    this.toolbar.hide();
  }
}
