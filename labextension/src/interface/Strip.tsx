/**
 * The room made small for JupyterLab: the most important pictures and five controls.
 *
 * A column in the sidebar, a row above the status bar (`stripShape`).
 */
import { useId, useRef } from 'react';

import type { RoomClient } from '../client';

import { arrange, WIDEST, type Picture } from './arrangement';
import { Banners } from './Banners';
import { OwnControls } from './Bar';
import { useRoom, useStore } from './context';
import { Button, IconButton } from './controls';
import { useSize, useWantedVideos } from './hooks';
import { Icon } from './icons';
import { requests } from './StageArea';
import { Tile } from './Tile';
import { useOwnActions } from './useOwnActions';

/** Pictures under the first one: more of them would only be stamps. */
const SMALL_TILES = 4;
const GAP = 6;

export default function Strip({ client }: { client: RoomClient }) {
  const { words, options } = useRoom();
  const state = useStore(client.store);
  const actions = useOwnActions(client);
  const view = useId();
  const box = useRef<HTMLDivElement>(null);
  const area = useSize(box);
  const isRow = options.stripShape === 'row';
  const rowTile = Math.floor(area.height * WIDEST);
  const capacity = isRow ? Math.floor((area.width + GAP) / (rowTile + GAP)) - 1 : SMALL_TILES;
  const { large, small, hidden } = arrange({ ...state, pinned: null }, 'stage', capacity);
  const place = (pictures: ReadonlyArray<Picture>, tileWidth: number) =>
    pictures.flatMap(picture => {
      const participant = state.participants.find(one => one.participantId === picture.participantId);
      return participant
        ? [{ picture, participant, width: tileWidth, height: Math.floor(tileWidth / WIDEST) }]
        : [];
    });
  const half = Math.floor((area.width - GAP) / 2);
  const placed = [...place(large, isRow ? rowTile : area.width), ...place(small, isRow ? rowTile : half)];
  const isMeasured = area.width > 0 && (!isRow || area.height > 0);
  useWantedVideos(view, isMeasured ? requests(placed, state.me) : []);
  const isUp = state.participants.some(one => one.participantId === state.me && one.handRaisedAt !== null);
  return (
    <div
      className={`wv-strip ${isRow ? 'wv-strip-row' : ''} ${state.line.kind === 'down' ? 'wv-room-lost' : ''}`}
      role="region"
      aria-label={words('strip.region')}
      data-testid="strip"
    >
      <div className="wv-strip-head">
        <div className="wv-head-names">
          <h2>{state.room?.name}</h2>
          <p>{words('room.people', { count: state.participants.length })}</p>
        </div>
        {options.onExpand && (
          <IconButton
            icon="expand"
            label={words('bar.expand')}
            data-testid="expand"
            onClick={options.onExpand}
          />
        )}
      </div>
      <div className="wv-banners">
        <Banners />
      </div>
      <div className="wv-strip-tiles" ref={box} style={{ gap: GAP }}>
        {isMeasured &&
          placed.map(one => (
            <Tile
              key={`${one.picture.participantId} ${one.picture.source}`}
              {...one}
              isSpeaking={state.speakers.includes(one.picture.participantId)}
              isPinned={false}
              pin={null}
            />
          ))}
      </div>
      {isMeasured && hidden > 0 && (
        <p className="wv-film-rest">{words('room.more.people', { count: hidden })}</p>
      )}
      <div className="wv-bar wv-strip-bar" role="group" aria-label={words('room.toolbar')}>
        <OwnControls state={state} actions={actions}>
          <button
            type="button"
            className={`wv-bar-button ${isUp ? 'wv-bar-active' : 'wv-bar-plain'}`}
            aria-pressed={isUp}
            title={words(isUp ? 'bar.hand.lower' : 'bar.hand.raise')}
            data-testid="hand"
            onClick={actions.toggleHand}
          >
            <span className="wv-bar-icon">
              <Icon name="hand" />
            </span>
            <span className="wv-bar-word">{words('bar.hand')}</span>
          </button>
        </OwnControls>
        <Button
          look="danger"
          icon="leave"
          className="wv-strip-leave"
          data-testid="leave"
          onClick={actions.leave}
        >
          {words('bar.leave')}
        </Button>
      </div>
    </div>
  );
}
