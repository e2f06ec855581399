/** The middle of the room: stage, gallery or side by side, whatever size it is given. */
import { useRef, useState } from 'react';

import type { ParticipantView, VideoRequest } from '../protocol/messages';

import { samePicture, type LayoutName, type People, type Picture, type Size } from './arrangement';
import { useClient, useRoom, useStore } from './context';
import { IconButton } from './controls';
import { useSize, useWantedVideos } from './hooks';
import { GAP, place } from './placement';
import { Tile } from './Tile';

interface StageAreaProps {
  layout: LayoutName;
  pinned: Picture | null;
  pin: (picture: Picture | null) => void;
}

interface Placed extends Size {
  picture: Picture;
  participant: ParticipantView;
}

export function StageArea({ layout, pinned, pin }: StageAreaProps) {
  const { words } = useRoom();
  const state = useStore(useClient().store);
  const box = useRef<HTMLDivElement>(null);
  const area = useSize(box);
  const [page, setPage] = useState(0);
  const people: People = { ...state, pinned };

  const { arrangement, isWide, isLow, stage, large, film } = place(people, layout, area, page);
  const hasFilm = arrangement.small.length > 0;

  const find = (picture: Picture, size: Size): Placed[] => {
    const participant = state.participants.find(one => one.participantId === picture.participantId);
    return participant ? [{ picture, participant, width: size.width, height: size.height }] : [];
  };
  const onStage = arrangement.large.flatMap(picture => find(picture, large));
  const inFilm = arrangement.small.flatMap(picture => find(picture, film));
  useWantedVideos('stage', area.width === 0 ? [] : requests([...onStage, ...inFilm], state.me));

  const tile = ({ picture, participant, width, height }: Placed) => (
    <Tile
      key={`${picture.participantId} ${picture.source}`}
      picture={picture}
      participant={participant}
      width={width}
      height={height}
      isSpeaking={state.speakers.includes(picture.participantId)}
      isPinned={pinned !== null && samePicture(pinned, picture)}
      pin={layout === 'gallery' && picture.source === 'camera' && state.participants.length < 3 ? null : pin}
    />
  );
  return (
    <div
      className={`wv-area wv-area-${layout} ${isLow ? 'wv-area-low' : isWide ? 'wv-area-wide' : 'wv-area-tall'}`}
      ref={box}
    >
      <div
        className="wv-stage"
        role="region"
        aria-label={words('room.stage')}
        style={{ gap: GAP, width: stage.width, height: stage.height }}
      >
        {area.width > 0 && onStage.map(tile)}
      </div>
      {hasFilm && (
        <div className="wv-film" role="region" aria-label={words('room.filmstrip')} style={{ gap: GAP }}>
          {inFilm.map(tile)}
          {arrangement.hidden > 0 && (
            <p className="wv-film-rest">{words('room.more.people', { count: arrangement.hidden })}</p>
          )}
        </div>
      )}
      {arrangement.pages > 1 && (
        <nav className="wv-pages">
          <IconButton
            icon="left"
            label={words('room.page.previous')}
            disabled={arrangement.page === 0}
            onClick={() => {
              setPage(arrangement.page - 1);
            }}
          />
          <span className={isLow ? 'wv-hidden' : undefined}>
            {words('room.page', { page: arrangement.page + 1, pages: arrangement.pages })}
          </span>
          <IconButton
            icon="right"
            label={words('room.page.next')}
            disabled={arrangement.page >= arrangement.pages - 1}
            onClick={() => {
              setPage(arrangement.page + 1);
            }}
          />
        </nav>
      )}
    </div>
  );
}

/** What has a picture and is not one's own, most important first. */
export function requests(placed: ReadonlyArray<Placed>, me: string | null): VideoRequest[] {
  return placed
    .filter(
      one => one.participant.participantId !== me && one.participant.sources.includes(one.picture.source),
    )
    .map(one => ({ ...one.picture, width: Math.round(one.width), height: Math.round(one.height) }));
}
