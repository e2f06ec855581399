/**
 * Above a notebook on the plain page: may I write, is it kept, and what of my exercise.
 *
 * Nothing for whoever only reads what the trainer shows.
 */
import { useEffect, useReducer, useState } from 'react';

import { myself } from '../../client';
import type { ApiResult } from '../../client/api';
import type { DocumentsApi } from '../../documents/api';
import type { LiveDocument } from '../../documents/live';
import { numberOf } from '../../documents/notebookEdits';
import type { CopyView, DocumentView, HandLog, HandView } from '../../protocol/messages';
import { useRoom, useSnapshot, useStore } from '../context';
import { Button, Dialog } from '../controls';
import { deadlineText, isUrgent, momentOf, useNow } from '../exercises/deadline';
import { HandLogList } from '../exercises/HandLogList';

/** A helping hand lasts so long unless it is taken back. */
const HELP_MINUTES = 10;

interface NotebookBarProps {
  live: LiveDocument;
  document: DocumentView;
  api: DocumentsApi;
}

export function NotebookBar({ live, document, api }: NotebookBarProps) {
  const { words, place } = useRoom();
  const { line, access, unsaved, dropped, isLost } = useStore(live.store);
  const { copy } = document;
  const writes = access === 'write' && place === 'page';
  if (!copy && !writes && line.kind !== 'down') {
    return null;
  }
  const isDown = line.kind === 'down';
  return (
    <div
      className="wv-notebook-bar"
      role="group"
      aria-label={words('notebook.bar')}
      data-testid="notebook-bar"
      data-access={access ?? ''}
      data-line={line.kind}
    >
      <p
        className={isDown ? 'wv-notebook-lost' : 'wv-notebook-state'}
        role="status"
        data-testid="notebook-state"
      >
        {isDown
          ? words(writes ? (unsaved > 0 ? 'notebook.offline.unsaved' : 'notebook.offline') : 'notebook.lost')
          : writes
            ? words(unsaved > 0 ? 'notebook.saving' : 'notebook.saved')
            : copy?.isMine
              ? words(`notebook.copy.${copy.state}`)
              : ''}
      </p>
      {isLost && (
        <p className="wv-field-problem" role="alert" data-testid="notebook-late">
          {words('notebook.late')}
        </p>
      )}
      {writes && dropped && (
        <p className="wv-field-problem" role="alert">
          {dropped.message}
        </p>
      )}
      {copy && <CopyFacts live={live} document={document} copy={copy} api={api} />}
    </div>
  );
}

/** Says that nothing runs here, and where it does. */
export function NoKernel() {
  const { words, options } = useRoom();
  const labUrl = myself(useSnapshot())?.isGuest === false ? options.labUrl : null;
  return (
    <p className="wv-field-hint wv-no-kernel" data-testid="notebook-no-kernel">
      {words(labUrl ? 'notebook.no_kernel' : 'notebook.no_kernel.guest')}{' '}
      {labUrl && (
        <a href={labUrl} target="_blank" rel="noopener">
          {words('more.lab')}
        </a>
      )}
    </p>
  );
}

interface CopyFactsProps extends NotebookBarProps {
  copy: CopyView;
}

function CopyFacts({ live, document, copy, api }: CopyFactsProps) {
  const { words, locale } = useRoom();
  const now = useNow();
  const [hand, setHand] = useHand(live, copy.hand ?? null);
  const [log, setLog] = useState<HandLog | 'asked' | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const { documentId } = document;
  const act = async (asked: Promise<ApiResult<DocumentView>>): Promise<void> => {
    const answer = await asked;
    setProblem(
      answer.ok
        ? null
        : answer.failure.kind === 'refused'
          ? answer.failure.refusal.message
          : words('materials.unreachable'),
    );
    if (answer.ok) {
      setHand(answer.value.copy?.hand ?? null);
    }
  };
  const showLog = async () => {
    setLog('asked');
    const answer = await api.handLog(documentId);
    setLog(answer.ok ? answer.value : null);
  };
  const isOn = hand !== null;
  return (
    <>
      {copy.state === 'working' && copy.deadline != null && (
        <p
          className={isUrgent(copy.deadline, now) ? 'wv-deadline-urgent' : ''}
          data-testid="deadline"
          role="timer"
        >
          {deadlineText(copy.deadline, locale, now, words)}
        </p>
      )}
      {isOn && (
        <p role="status" data-testid="hand-until">
          {words(copy.isMine ? 'hands.until' : 'hands.until.owner', {
            time: momentOf(hand.until, locale, now),
            name: copy.ownerName,
          })}
        </p>
      )}
      {problem !== null && (
        <p className="wv-field-problem" role="alert">
          {problem}
        </p>
      )}
      <div className="wv-row">
        {copy.isMine && (copy.state === 'working' || copy.state === 'handed_in') && (
          <Button
            look={copy.state === 'working' ? 'primary' : 'plain'}
            data-testid="hand-in"
            onClick={() => void act(api.handIn(documentId, copy.state === 'working'))}
          >
            {words(copy.state === 'working' ? 'materials.hand_in' : 'materials.take_back')}
          </Button>
        )}
        {copy.isMine && (isOn || copy.state === 'working' || copy.state === 'returned') && (
          <Button
            icon="hand"
            aria-pressed={isOn}
            title={words('hands.ask.explain', { count: HELP_MINUTES })}
            data-testid="ask-help"
            onClick={() =>
              void act(isOn ? api.takeHandBack(documentId) : api.grantHand(documentId, HELP_MINUTES))
            }
          >
            {words(isOn ? 'hands.take_back' : 'hands.ask')}
          </Button>
        )}
        <Button look="quiet" data-testid="hand-log-open" onClick={() => void showLog()}>
          {words('hands.log.short')}
        </Button>
      </div>
      {log !== null && (
        <Dialog
          title={words('hands.log')}
          close={() => {
            setLog(null);
          }}
        >
          <HandLogList
            log={log === 'asked' ? null : log}
            owner={copy.ownerName}
            locale={locale}
            words={words}
            numberOf={id => numberOf(live.doc, id)}
          />
        </Dialog>
      )}
    </>
  );
}

/** The helping hand as it is told last: by the list of documents, by the document, or by one's own asking. */
function useHand(
  live: LiveDocument,
  listed: HandView | null,
): [HandView | null, (hand: HandView | null) => void] {
  const [hand, setHand] = useReducer((_: HandView | null, next: HandView | null) => next, listed);
  const key = listed?.until ?? '';
  useEffect(() => {
    setHand(listed);
    // Lists are read anew all the time: only another hand is another one.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key]);
  useEffect(
    () =>
      live.events.subscribe(event => {
        if (event.type === 'hand_changed') {
          setHand(event.hand);
        }
      }),
    [live],
  );
  return [hand, setHand];
}
