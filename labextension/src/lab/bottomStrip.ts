/** The strip above the status bar: the room in view while the work has the space. */
import { StripHost } from './stripHost';
import { isInRoom } from './summary';
import type { IRoomService } from './tokens';
import type { RoomWatch } from './watching';

export class BottomStrip extends StripHost {
  private readonly unwatch: (() => void)[];

  constructor(service: IRoomService, watch: RoomWatch, onExpand: () => void) {
    super(service.words.strip, 'row', onExpand);
    this.id = 'webvisio-strip';
    this.addClass('webvisio-lab-strip-bottom');
    const decide = (): void => {
      const watched = watch.store.get();
      const isOfUse =
        watched !== null &&
        isInRoom(watched.summary.presence) &&
        service.isStripWanted.get() &&
        !service.isRoomShown.get() &&
        !service.isSidebarShown.get();
      this.setSession(isOfUse ? watched.room.session : null);
    };
    this.unwatch = [watch.store, service.isStripWanted, service.isRoomShown, service.isSidebarShown].map(
      store => store.subscribe(decide),
    );
    decide();
  }

  override dispose(): void {
    for (const unsubscribe of this.unwatch) {
      unsubscribe();
    }
    super.dispose();
  }
}
