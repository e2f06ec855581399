/** Shared notes in Markdown: written together on the left, read on the right. */
import { useEffect, useMemo, useRef, useState } from 'react';

import { DocumentsApi } from '../../documents/api';
import type { LiveDocument } from '../../documents/live';
import { LineNote } from '../../islands/LineNote';
import { islandWords } from '../../islands/words';
import { useClient, useRoom, useStore } from '../context';
import { useLiveDocument } from '../useLiveDocument';

import { Markdown } from './notebook/Markdown';
import type { ViewerProps } from './registry';
import { TextBinding } from './textBinding';

export default function NoteViewer({ subject }: ViewerProps) {
  const { session } = useRoom();
  const client = useClient();
  const id = subject.kind === 'note' ? subject.document.documentId : '';
  const api = useMemo(() => new DocumentsApi(session.api, client.roomId), [session, client]);
  const live = useLiveDocument(api.socketUrl(id));
  return live ? <LiveNote live={live} /> : null;
}

const NOTHING: never[] = [];

function LiveNote({ live }: { live: LiveDocument }) {
  const { locale } = useRoom();
  const words = islandWords(locale);
  const state = useStore(live.store);
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState('');
  const [isReading, setReading] = useState(false);
  const names = useWriters(live);
  const mayWrite = state.access === 'write';
  const { doc } = state;
  const isHere = state.access !== null;

  useEffect(() => {
    const source = doc.getText('source');
    if (field.current && mayWrite) {
      const binding = new TextBinding(source, field.current, setText);
      return () => {
        binding.dispose();
      };
    }
    const read = () => {
      setText(source.toJSON());
    };
    source.observe(read);
    read();
    return () => {
      source.unobserve(read);
    };
  }, [doc, mayWrite, isHere]);

  return (
    <div
      className={`wv-note-view ${mayWrite ? 'wv-note-shared' : ''} ${isReading ? 'wv-note-reading' : ''}`}
      data-testid="note"
      data-access={state.access ?? ''}
      data-line={state.line.kind}
    >
      <LineNote state={state} locale={locale} />
      <div className="wv-note-bar">
        {mayWrite && (
          <div className="wv-note-modes" role="group" aria-label={words('note')}>
            {[false, true].map(reads => (
              <button
                key={reads ? 'read' : 'write'}
                type="button"
                aria-pressed={isReading === reads}
                onClick={() => {
                  setReading(reads);
                }}
              >
                {words(reads ? 'note.read' : 'note.write')}
              </button>
            ))}
          </div>
        )}
        <p className="wv-field-hint" role="status">
          {names.length > 0 ? words('note.writers', { names: names.join(', ') }) : ''}
        </p>
        <p className="wv-field-hint" data-testid="note-saved">
          {!mayWrite
            ? isHere
              ? words('reading')
              : words('opening')
            : words(state.unsaved > 0 ? 'saving' : 'saved')}
        </p>
      </div>
      <div className="wv-note-halves">
        {mayWrite && (
          <textarea
            key={doc.clientID}
            ref={field}
            className="wv-note-source"
            aria-label={words('note.source')}
            spellCheck
            data-testid="note-source"
          />
        )}
        <div
          className="wv-note-rendered"
          // A long text must scroll without a mouse.
          // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
          tabIndex={0}
          role="region"
          aria-label={words('note')}
          data-testid="note-text"
        >
          {text.trim() === '' ? (
            <p className="wv-field-hint">{words('note.empty')}</p>
          ) : (
            <Markdown source={text} attachments={NO_ATTACHMENTS} />
          )}
        </div>
      </div>
    </div>
  );
}

/** The others who have these notes open. */
function useWriters(live: LiveDocument): ReadonlyArray<string> {
  const [names, setNames] = useState<ReadonlyArray<string>>(NOTHING);
  const { awareness } = useStore(live.store);
  useEffect(() => {
    awareness.setLocalStateField('note', true);
    const look = () => {
      const found = [...awareness.getStates()]
        .filter(([client]) => client !== awareness.clientID)
        // Stamped by the service; another browser's state is not to be trusted with more.
        .flatMap(([, state]) => (state as { user?: { name?: string } }).user?.name ?? []);
      setNames([...new Set(found)].sort());
    };
    awareness.on('change', look);
    look();
    return () => {
      awareness.off('change', look);
    };
  }, [awareness]);
  return names;
}

const NO_ATTACHMENTS = {};
