/** `?webvisio-room=ROOM` in JupyterLab's address opens that room's door at start, once. */

export const ROOM_PARAMETER = 'webvisio-room';
const IDENTIFIER = /^[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?$/;

/**
 * Reads the room out of the address and takes it away there, so that a reload
 * of the page does not knock again. Null without one, or with one that no room can have.
 */
export function takeRoomFromAddress(
  location: Pick<Location, 'href'>,
  history: Pick<History, 'replaceState'>,
): string | null {
  const url = new URL(location.href);
  const roomId = url.searchParams.get(ROOM_PARAMETER);
  if (roomId === null) {
    return null;
  }
  url.searchParams.delete(ROOM_PARAMETER);
  history.replaceState(null, '', url);
  return IDENTIFIER.test(roomId) ? roomId : null;
}
