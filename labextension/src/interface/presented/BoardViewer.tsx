/** A whiteboard of the room, on the stage or looked at alone; one over a page of a PDF leads back to it. */
import { useMemo } from 'react';

import { DocumentsApi } from '../../documents/api';
import { Island } from '../../islands/Island';
import { useTheme } from '../../islands/useTheme';
import { boardName, pageOnBoard } from '../../files/pictureBoard';
import { islandWords } from '../../islands/words';
import { useClient, useRoom, useSnapshot } from '../context';
import { Button } from '../controls';
import { useFiles } from '../files/useFiles';

import { shownName, type ViewerProps } from './registry';

export default function BoardViewer(props: ViewerProps) {
  const board = props.subject.kind === 'board' ? props.subject.document : null;
  const on = board ? pageOnBoard(shownName(board)) : null;
  return on ? (
    <>
      <BackToPage {...props} name={board ? shownName(board) : ''} page={on.page} />
      <TheBoard {...props} />
    </>
  ) : (
    <TheBoard {...props} />
  );
}

interface BackToPageProps extends ViewerProps {
  name: string;
  page: number;
}

/** For whoever leads it takes everybody back. */
function BackToPage({ name, page, isPresented, leads, look }: BackToPageProps) {
  const { locale } = useRoom();
  const client = useClient();
  const { list } = useFiles();
  const file = list?.files.find(one => boardName(one.name, page) === name);
  if (!file) {
    return null;
  }
  const { fileId } = file;
  return (
    <p className="wv-board-page">
      <Button
        icon="sheet"
        look="plain"
        data-testid="board-pdf-page"
        onClick={() => {
          if (isPresented && leads) {
            client.present({ kind: 'file', target: fileId, page, by: null });
          } else {
            look({ kind: 'file', fileId, page });
          }
        }}
      >
        {islandWords(locale)('board.pdf_page', { page })}
      </Button>
    </p>
  );
}

function TheBoard({ subject, isPresented }: ViewerProps) {
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
