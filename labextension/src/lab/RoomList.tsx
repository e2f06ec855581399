/** The left sidebar's list: one's rooms, their state, and one click to be at the door. */
import { Button, LabIcon, linkIcon, refreshIcon } from '@jupyterlab/ui-components';
import { useId, useState } from 'react';

import type { MyRoom } from '../protocol/messages';

import { roomIcon } from './icons';
import { listed, type RoomSummary } from './summary';
import type { IRoomService } from './tokens';
import { type RoomWatch, useStore } from './watching';
import type { LabWords } from './words';

export interface RoomListProps {
  service: IRoomService;
  watch: RoomWatch;
  onOpen: (roomId: string) => void;
  onCopyLink: (link: string) => void;
}

export function RoomList(props: RoomListProps) {
  const { service } = props;
  const { words } = service;
  const headingId = useId();
  return (
    <section className="webvisio-lab-list" aria-labelledby={headingId}>
      <header className="webvisio-lab-list-head">
        <h2 id={headingId}>{words.rooms}</h2>
        <button
          type="button"
          className="webvisio-lab-icon-button"
          title={words.refresh}
          aria-label={words.refresh}
          onClick={() => void service.refresh()}
        >
          <LabIcon.resolveReact icon={refreshIcon} tag="span" />
        </button>
      </header>
      <div aria-live="polite">
        <Body {...props} />
      </div>
    </section>
  );
}

function Body({ service, watch, onOpen, onCopyLink }: RoomListProps) {
  const { words } = service;
  const login = useStore(service.login.store);
  const rooms = useStore(service.rooms);
  const open = useStore(watch.store);
  if (rooms.kind === 'known') {
    return rooms.rooms.length === 0 ? (
      <p>{words.noRooms}</p>
    ) : (
      <ul className="webvisio-lab-rooms">
        {rooms.rooms.map(mine => (
          <Row
            key={mine.room.roomId}
            mine={mine}
            live={open?.room.mine.room.roomId === mine.room.roomId ? open.summary : null}
            words={words}
            onOpen={onOpen}
            onCopyLink={onCopyLink}
          />
        ))}
      </ul>
    );
  }
  if (login.kind === 'needs_click') {
    return <ConnectByClick service={service} />;
  }
  if (login.kind === 'unavailable' || rooms.kind === 'failed') {
    return (
      <Trouble
        text={
          rooms.kind === 'failed' && rooms.failure.kind === 'refused'
            ? rooms.failure.refusal.message
            : words.unavailable
        }
        action={words.tryAgain}
        onAction={() => void service.refresh()}
      />
    );
  }
  return <p role="status">{login.kind === 'connecting' ? words.connecting : words.loading}</p>;
}

function ConnectByClick({ service }: { service: IRoomService }) {
  const { words, login } = service;
  const [isForbidden, setForbidden] = useState(false);
  return (
    <Trouble
      text={isForbidden ? words.windowForbidden : words.connectWhy}
      action={words.connect}
      onAction={() => {
        setForbidden(!login.connectByWindow());
      }}
    />
  );
}

function Trouble({ text, action, onAction }: { text: string; action: string; onAction: () => void }) {
  return (
    <div className="webvisio-lab-trouble">
      <p>{text}</p>
      <Button className="jp-mod-styled jp-mod-accept" onClick={onAction}>
        {action}
      </Button>
    </div>
  );
}

interface RowProps {
  mine: MyRoom;
  /** What is known from inside, where the person is in this very room. */
  live: RoomSummary | null;
  words: LabWords;
  onOpen: (roomId: string) => void;
  onCopyLink: (link: string) => void;
}

function Row({ mine, live, words, onOpen, onCopyLink }: RowProps) {
  const { room } = mine;
  const { isInside, refusal, state, people } = listed(mine, live);
  const facts = [
    refusal ?? words.state[state],
    people > 0 ? words.people(people) : null,
    words.role[mine.role],
    isInside ? words.here : null,
  ].filter(fact => fact !== null);
  return (
    <li className="webvisio-lab-row" data-state={refusal ? 'refused' : state}>
      <button
        type="button"
        className="webvisio-lab-row-open"
        title={words.openNamed(room.name)}
        aria-current={live ? 'true' : undefined}
        onClick={() => {
          onOpen(room.roomId);
        }}
      >
        <LabIcon.resolveReact icon={roomIcon} tag="span" className="webvisio-lab-row-icon" />
        <span className="webvisio-lab-row-text">
          <span className="webvisio-lab-row-name">{room.name}</span>
          <span className="webvisio-lab-row-facts">{facts.join(' · ')}</span>
          {mine.refusal && <span className="webvisio-lab-row-refusal">{mine.refusal.message}</span>}
        </span>
      </button>
      <button
        type="button"
        className="webvisio-lab-icon-button"
        title={words.copyLink}
        aria-label={`${words.copyLink} (${room.name})`}
        onClick={() => {
          onCopyLink(mine.link);
        }}
      >
        <LabIcon.resolveReact icon={linkIcon} tag="span" />
      </button>
    </li>
  );
}
