import type { RoomSession } from '../client';
import type { Store } from '../client/observable';

import type { RoomMode, RoomMountOptions } from './mount';

export interface RoomViewProps {
  session: RoomSession;
  mode: Store<RoomMode>;
  options: RoomMountOptions;
}

export function RoomView({ session }: RoomViewProps) {
  return <p>{session.options.code}</p>;
}
