/** A whiteboard of the room, on the stage or looked at alone. */
import { useMemo } from 'react';

import { DocumentsApi } from '../../documents/api';
import { Island } from '../../islands/Island';
import { useTheme } from '../../islands/useTheme';
import { useClient, useRoom, useSnapshot } from '../context';

import { shownName, type ViewerProps } from './registry';

export default function BoardViewer({ subject, isPresented }: ViewerProps) {
  const { session, locale, place } = useRoom();
  const client = useClient();
  const { presented, me } = useSnapshot();
  const theme = useTheme(place);
  const board = subject.kind === 'board' ? subject.document : null;
  const id = board?.documentId ?? '';
  const name = board ? shownName(board) : '';
  const socketUrl = useMemo(
    () => new DocumentsApi(session.api, client.roomId).socketUrl(id),
    [session, client, id],
  );
  const leads = isPresented && presented?.by === me;
  const props = useMemo(
    () => ({ socketUrl, name, locale, theme, leads, follows: isPresented && !leads }),
    [socketUrl, name, locale, theme, leads, isPresented],
  );
  return <Island name="board" props={props} />;
}
