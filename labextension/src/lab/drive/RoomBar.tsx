/** The bar above a room's notebook: may I write, who is here, and what can be done with it. */
import { copyIcon, historyIcon, type LabIcon } from '@jupyterlab/ui-components';
import { useEffect, useReducer, useSyncExternalStore, type ReactNode } from 'react';

import type { RoomClient } from '../../client';
import { OUTSIDE } from '../../client/state';
import { Store } from '../../client/observable';
import { UNOPENED } from '../../documents/connection';
import { leaderIn } from '../../documents/following';
import { peopleIn } from '../../documents/people';
import { deadlineText, isUrgent, momentOf, useNow } from '../../interface/exercises/deadline';
import { wordsOf, type Locale } from '../../words';
import { CommandIds } from '../commandIds';
import { notebookIcon, pointerIcon, roomIcon } from '../icons';

import type { RoomNotebook } from './notebookModel';
import type { DriveState } from './state';
import type { DriveWords } from './words';

export interface RoomBarProps {
  model: RoomNotebook;
  state: DriveState;
  words: DriveWords;
  locale: Locale;
  /** The session of the notebook's room, when it is the one that is open. */
  client: Store<RoomClient | null>;
  run: (command: string) => void;
}

const NO_STATE = new Store(UNOPENED);
const NO_ROOM = new Store(OUTSIDE);
/** More people than this are only counted. */
const MOST_FACES = 5;

function useStore<T>(store: Store<T>): T {
  return useSyncExternalStore(store.subscribe, store.get);
}

export function RoomBar({ model, state, words, locale, client, run }: RoomBarProps) {
  const connection = useConnection(model);
  const { line, access, me, unsaved, dropped } = useStore(connection?.store ?? NO_STATE);
  const isFollowing = useStore(state.isFollowing);
  const isPointing = useStore(state.isPointing);
  const hand = useStore(model.hand);
  const room = useStore(client);
  const { presented } = useStore(room?.store ?? NO_ROOM);
  useAwareness(model);
  // Somebody with several pages open is one person, and oneself is none of the others.
  const others = [
    ...new Map(peopleIn(model.awareness).map(one => [one.person.username, one])).values(),
  ].filter(one => one.person.username !== me?.username);
  const leader = leaderIn(model.awareness);
  const now = useNow();
  const roomWords = wordsOf(locale);
  const leads = me?.isModerator === true;
  const { document } = model;
  const copy = document?.copy ?? null;
  const isPresented = document !== null && presented?.target === document.documentId;
  const isReadOnly = access === 'read';
  const why = copy?.isMine ? words.copyState(copy.state) : copy ? words.ownersCopy(copy.ownerName) : null;
  return (
    <div
      className="webvisio-bar"
      role="toolbar"
      aria-label={words.browser}
      data-testid="notebook-bar"
      data-access={access ?? ''}
    >
      <div className="webvisio-bar-facts">
        <span className="webvisio-bar-state" role="status" data-testid="notebook-state">
          {line.kind === 'down' ? (
            words.offline
          ) : isReadOnly ? (
            <span className="webvisio-bar-pill">{words.readOnly}</span>
          ) : access === 'write' ? (
            unsaved > 0 ? (
              words.saving
            ) : (
              words.saved
            )
          ) : null}
        </span>
        {isReadOnly && (
          <span className="webvisio-bar-hint" title={why ?? words.readOnlyWhy}>
            {why ?? words.readOnlyWhy}
          </span>
        )}
        {access === 'write' && copy?.isMine && copy.state === 'returned' && (
          <span className="webvisio-bar-hint">{words.copyState(copy.state)}</span>
        )}
        {copy?.state === 'working' && copy.deadline !== null && (
          <span
            className={`webvisio-bar-fact ${isUrgent(copy.deadline, now) ? 'webvisio-bar-warning' : ''}`}
            role="timer"
            data-testid="deadline"
          >
            {deadlineText(copy.deadline, locale, now, roomWords)}
          </span>
        )}
        {access === 'write' && dropped && (
          <span className="webvisio-bar-warning" role="alert">
            {words.dropped(dropped.message)}
          </span>
        )}
        {copy && !copy.isMine && access === 'write' && (
          <span className="webvisio-bar-hint">{words.helping(copy.ownerName)}</span>
        )}
        {copy?.isMine && hand && (
          <span className="webvisio-bar-fact" role="status" data-testid="hand-until">
            {words.helpUntil(momentOf(hand.until, locale, now))}
          </span>
        )}
      </div>
      <div className="webvisio-bar-actions">
        {others.length > 0 && (
          <span
            className="webvisio-bar-people"
            role="img"
            aria-label={words.alsoHere(others.map(one => one.person.name).join(', '))}
            title={others.map(one => one.person.name).join(', ')}
            data-testid="notebook-people"
          >
            {others.slice(0, MOST_FACES).map(({ person }) => (
              <span key={person.client} className="webvisio-face" style={{ backgroundColor: person.color }}>
                {initials(person.name)}
              </span>
            ))}
            {others.length > MOST_FACES && <span>+{others.length - MOST_FACES}</span>}
          </span>
        )}
        {!leads && leader && !copy?.isMine && (
          <BarButton
            testId="follow"
            isPressed={isFollowing}
            isUrgent={!isFollowing}
            caption={words.followCaption}
            act={() => {
              run(CommandIds.follow);
            }}
          >
            {isFollowing ? words.following : words.wayBack(leader.person.name)}
          </BarButton>
        )}
        {leads && room && document && (
          <BarButton
            testId="present"
            icon={roomIcon}
            isPressed={isPresented}
            caption={words.presentCaption}
            act={() => {
              run(CommandIds.present);
            }}
          >
            {isPresented ? words.stopPresenting : words.present}
          </BarButton>
        )}
        {leads && (
          <BarButton
            testId="point"
            icon={pointerIcon}
            isPressed={isPointing}
            caption={words.pointCaption}
            act={() => {
              run(CommandIds.point);
            }}
          >
            {words.point}
          </BarButton>
        )}
        {leads && !copy && (
          <BarButton
            testId="hand-out"
            icon={notebookIcon}
            caption={words.handOutCaption}
            act={() => {
              run(CommandIds.handOut);
            }}
          >
            {words.handOut}
          </BarButton>
        )}
        {copy?.isMine && (copy.state === 'working' || copy.state === 'handed_in') && (
          <BarButton
            testId="hand-in"
            caption={words.handInCaption}
            act={() => {
              run(CommandIds.handIn);
            }}
          >
            {copy.state === 'working' ? words.handIn : words.takeCopyBack}
          </BarButton>
        )}
        {copy?.isMine && (hand !== null || copy.state === 'working' || copy.state === 'returned') && (
          <BarButton
            testId="ask-help"
            isPressed={hand !== null}
            caption={words.askHelpCaption(10)}
            act={() => {
              run(CommandIds.help);
            }}
          >
            {hand ? words.takeBack : words.askHelp}
          </BarButton>
        )}
        {copy && (
          <BarButton
            testId="hand-log-open"
            icon={historyIcon}
            isSpare
            caption={words.handLogCaption}
            act={() => {
              run(CommandIds.handLog);
            }}
          >
            {words.handLog}
          </BarButton>
        )}
        <BarButton
          testId="copy-to-files"
          icon={copyIcon}
          isSpare
          caption={words.copyCaption}
          act={() => {
            run(CommandIds.copyToFiles);
          }}
        >
          {words.copy}
        </BarButton>
      </div>
    </div>
  );
}

interface BarButtonProps {
  testId: string;
  caption: string;
  icon?: LabIcon;
  isPressed?: boolean;
  /** What a person most probably wants next. */
  isUrgent?: boolean;
  /** Its icon alone is enough where there is little room. */
  isSpare?: boolean;
  act: () => void;
  children: ReactNode;
}

function BarButton({ testId, caption, icon, isPressed, isUrgent, isSpare, act, children }: BarButtonProps) {
  return (
    <button
      type="button"
      className={`webvisio-bar-button ${isUrgent ? 'webvisio-bar-urgent' : ''} ${isSpare ? 'webvisio-bar-spare' : ''}`}
      title={caption}
      aria-pressed={isPressed}
      data-testid={testId}
      onClick={act}
    >
      {icon && <icon.react tag="span" className="webvisio-bar-icon" />}
      <span>{children}</span>
    </button>
  );
}

/** The connection, which comes after the bar is drawn. */
function useConnection(model: RoomNotebook): RoomNotebook['connection'] {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    model.connected.connect(redraw);
    model.described.connect(redraw);
    redraw();
    return () => {
      model.connected.disconnect(redraw);
      model.described.disconnect(redraw);
    };
  }, [model]);
  return model.connection;
}

function useAwareness(model: RoomNotebook): void {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    model.awareness.on('change', redraw);
    return () => {
      model.awareness.off('change', redraw);
    };
  }, [model]);
}

function initials(name: string): string {
  const parts = name.trim().split(/[\s-]+/u);
  return [parts[0], parts.length > 1 ? parts.at(-1) : '']
    .map(part => Array.from(part ?? '')[0] ?? '')
    .join('')
    .toLocaleUpperCase();
}
