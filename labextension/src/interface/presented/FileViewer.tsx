/** A file of the room on the stage: a PDF page by page, a picture, a web page, or the way to download it. */
import { useCallback, useEffect, useMemo, useState } from 'react';

import type { FilesApi } from '../../files/api';
import { shownAs } from '../../files/listing';
import type { PageView } from '../../islands/contract';
import { Island } from '../../islands/Island';
import { useTheme } from '../../islands/useTheme';
import { islandWords } from '../../islands/words';
import { MAX_DOCUMENT_NAME_CHARACTERS, type FileView } from '../../protocol/messages';
import { moderates } from '../../client';
import { useClient, useRoom, useSnapshot } from '../context';
import { useDocuments } from '../documents';
import { useFiles } from '../files/useFiles';

import type { ViewerProps } from './registry';
import { RoomPage } from './RoomPage';

export default function FileViewer(props: ViewerProps) {
  const { locale } = useRoom();
  const words = islandWords(locale);
  const { api, list } = useFiles();
  const id = props.subject.kind === 'file' ? props.subject.fileId : '';
  const file = list?.files.find(one => one.fileId === id);
  if (!list) {
    return (
      <p className="wv-island-wait" role="status">
        {words('opening')}
      </p>
    );
  }
  if (!file) {
    return <p className="wv-empty">{words('file.gone')}</p>;
  }
  switch (shownAs(file)) {
    case 'pdf':
      return <PdfFile {...props} file={file} api={api} />;
    case 'picture':
      return <Picture file={file} api={api} />;
    case 'page':
      return <RoomPage key={file.fileId} {...props} file={file} api={api} />;
    case null:
      return (
        <div className="wv-empty" data-testid="file-only-download">
          <p>{words('file.not_shown')}</p>
          <a className="wv-button wv-primary" href={api.contentUrl(file.fileId)} download={file.name}>
            <span>{words('note.download')}</span>
          </a>
        </div>
      );
  }
}

interface FileProps {
  file: FileView;
  api: FilesApi;
}

function PdfFile({ file, api, subject, isPresented }: FileProps & ViewerProps) {
  const { session, locale, place } = useRoom();
  const client = useClient();
  const state = useSnapshot();
  const { presented, me } = state;
  const theme = useTheme(place);
  const leads = isPresented && presented?.by === me;
  const mayAnnotate = moderates(state);
  const { fileId, name } = file;
  const page = isPresented ? (presented?.page ?? 1) : null;
  const zoom = presented?.zoom ?? 1;
  const shown = useMemo(() => (page === null ? null : { page, zoom }), [page, zoom]);
  const onTurn = useCallback(
    (view: PageView) => {
      client.present({ kind: 'file', target: fileId, page: view.page, by: null, zoom: view.zoom });
    },
    [client, fileId],
  );
  const { list, api: documents, act } = useDocuments();
  const layer = list?.documents.find(one => one.annotates === fileId);
  const layerUrl = useMemo(
    () => (layer ? documents.socketUrl(layer.documentId) : null),
    [documents, layer?.documentId], // eslint-disable-line react-hooks/exhaustive-deps
  );
  const begin = useCallback(async () => {
    const called = islandWords(locale)('pdf.annotations', {
      name: name.slice(0, MAX_DOCUMENT_NAME_CHARACTERS - 20),
    });
    return (await act(documents.create({ kind: 'board', name: called, annotates: fileId }))) !== null;
  }, [act, documents, locale, name, fileId]);
  const onBegin = mayAnnotate && file.rule !== 'person' ? begin : null;
  const firstPage = (subject.kind === 'file' ? subject.page : null) ?? 1;
  const url = api.contentUrl(fileId, file.version);
  const { xsrf } = session.options;
  const props = useMemo(
    () => ({
      url,
      name,
      xsrf,
      locale,
      theme,
      shown,
      leads,
      onTurn,
      firstPage,
      layerUrl,
      onBegin,
    }),
    [url, name, xsrf, locale, theme, shown, leads, onTurn, firstPage, layerUrl, onBegin],
  );
  return <Island name="pdf" props={props} />;
}

/** Through `fetch` and a blob: the service gives every file as an attachment, never as a page's picture. */
function Picture({ file, api }: FileProps) {
  const { locale } = useRoom();
  const words = islandWords(locale);
  const [source, setSource] = useState<string | null>(null);
  const [hasFailed, setFailed] = useState(false);
  useEffect(() => {
    let made: string | null = null;
    let isHere = true;
    void fetch(api.contentUrl(file.fileId, file.version), {
      headers: api.headers,
      credentials: 'same-origin',
    })
      .then(async answer => {
        if (!answer.ok) {
          throw new Error('no picture');
        }
        const blob = new Blob([await answer.arrayBuffer()], { type: file.contentType });
        if (isHere) {
          made = URL.createObjectURL(blob);
          setSource(made);
        }
      })
      .catch(() => {
        setFailed(isHere);
      });
    return () => {
      isHere = false;
      if (made !== null) {
        URL.revokeObjectURL(made);
      }
    };
  }, [api, file.fileId, file.version, file.contentType]);
  if (hasFailed) {
    return <p className="wv-empty">{words('file.gone')}</p>;
  }
  return source === null ? (
    <p className="wv-island-wait" role="status">
      {words('opening')}
    </p>
  ) : (
    <div className="wv-picture">
      <img src={source} alt={file.name} data-testid="file-picture" />
    </div>
  );
}
