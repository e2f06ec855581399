/** One person or one shared screen: picture or initials, name, and what is worth knowing about them. */
import { memo, useEffect, useState } from 'react';

import type { PictureFault } from '../client/lineQuality';
import type { ParticipantView } from '../protocol/messages';
import type { WordKey } from '../words';

import type { Picture } from './arrangement';
import { useClient, useRoom, useStore } from './context';
import { IconButton, Initials } from './controls';
import { Icon } from './icons';
import { REACTION_ICONS } from './reactions';
import { useTrackStream } from './useTrackStream';
import { Video } from './Video';

interface TileProps {
  picture: Picture;
  participant: ParticipantView;
  width: number;
  height: number;
  isSpeaking: boolean;
  isPinned: boolean;
  pin: ((picture: Picture | null) => void) | null;
}

/** Reactions fade after this. */
const REACTION_SHOWN_MS = 4000;

export const Tile = memo(function Tile({
  picture,
  participant,
  width,
  height,
  isSpeaking,
  isPinned,
  pin,
}: TileProps) {
  const { words } = useRoom();
  const client = useClient();
  const state = useStore(client.store);
  const isOwn = participant.participantId === state.me;
  const stream = usePicture(picture, isOwn);
  const isOn = isOwn ? state.own[picture.source] : participant.sources.includes(picture.source);
  const isMuted = !(isOwn ? state.own.microphone : participant.sources.includes('microphone'));
  const fault = useFault(picture, participant);
  const isSpared = useStore(client.thrift) !== 'everything' && !isOwn && !stream;
  const isPaused = fault === 'paused';
  const name = nameOf(picture, participant, isOwn, words);
  const isSmall = width < 220;
  const classes = [
    'wv-tile',
    isSpeaking && picture.source === 'camera' ? 'wv-tile-speaking' : '',
    participant.isReconnecting ? 'wv-tile-away' : '',
    isSmall ? 'wv-tile-small' : '',
  ];
  return (
    <div
      className={classes.join(' ')}
      style={{ width, height }}
      role="group"
      aria-label={name}
      data-testid="tile"
      data-participant={participant.participantId}
      data-source={picture.source}
      data-own={isOwn}
      data-on={isOn}
    >
      {/* Under the picture: a video without a frame yet is transparent. */}
      {(picture.source === 'camera' || !stream || isPaused) && (
        <div className="wv-tile-empty">
          <Initials name={participant.name} />
          {isOn && !isOwn && !isSmall && !isPaused && (
            <p>{words(isSpared ? 'tile.spared' : 'tile.waiting')}</p>
          )}
        </div>
      )}
      {/* A picture that stands still for want of bandwidth would pass for the person. */}
      {isOn && stream && !isPaused && (
        <Video
          stream={stream}
          isMirrored={isOwn && picture.source === 'camera'}
          fit={picture.source === 'screen' ? 'contain' : 'cover'}
        />
      )}
      <div className="wv-tile-top">
        {participant.handRaisedAt !== null && picture.source === 'camera' && (
          <span className="wv-chip wv-chip-hand" title={words('tile.hand')}>
            <Icon name="hand" />
            <span className={isSmall ? 'wv-hidden' : ''}>{words('tile.hand')}</span>
          </span>
        )}
        {participant.isReconnecting && (
          <span className="wv-chip">
            <Icon name="clock" />
            {words('tile.reconnecting')}
          </span>
        )}
        {isOn && fault && (
          <span className="wv-chip wv-chip-fault" title={words(`tile.fault.${fault}`)}>
            <Icon name="line" />
            <span className={isSmall ? 'wv-hidden' : ''}>{words(`tile.fault.${fault}`)}</span>
          </span>
        )}
      </div>
      {picture.source === 'camera' && <Reactions participantId={participant.participantId} />}
      <div className="wv-tile-bottom">
        <span className="wv-name">
          {isMuted && picture.source === 'camera' && (
            <>
              <Icon name="microphoneOff" />
              <span className="wv-hidden">{words('tile.microphone.off')}, </span>
            </>
          )}
          {isSpeaking && picture.source === 'camera' && !isMuted && (
            <span className="wv-speaking" title={words('tile.speaking')}>
              <i />
              <i />
              <i />
            </span>
          )}
          <span className="wv-name-text">{name}</span>
          {participant.role === 'host' && !isOwn && !isSmall && picture.source === 'camera' && (
            <span className="wv-role">{words('role.host')}</span>
          )}
        </span>
      </div>
      {pin && !isSmall && (
        <IconButton
          icon="pin"
          className="wv-tile-pin"
          aria-pressed={isPinned}
          label={words(isPinned ? 'tile.unpin' : 'tile.pin', { name })}
          onClick={() => {
            pin(isPinned ? null : picture);
          }}
        />
      )}
    </div>
  );
});

function nameOf(
  picture: Picture,
  participant: ParticipantView,
  isOwn: boolean,
  words: (key: WordKey, values?: Record<string, string>) => string,
): string {
  if (picture.source === 'screen') {
    return isOwn ? words('tile.screen.own') : words('tile.screen', { name: participant.name });
  }
  return isOwn ? words('tile.own') : participant.name;
}

/** The stream to show: one's own straight from the device, the others' from their slot. */
function usePicture(picture: Picture, isOwn: boolean): MediaStream | null {
  const client = useClient();
  useStore(client.store);
  useStore(client.media.store);
  const { tracks } = useStore(client.devices.store);
  const own = useTrackStream(isOwn && picture.source === 'camera' ? tracks.camera : null);
  if (isOwn) {
    return picture.source === 'screen' ? client.sharedScreen : own;
  }
  return client.videoOf(picture.participantId, picture.source);
}

/** Why a picture comes badly or not at all: this person's line, that of whoever sends it, or the server. */
function useFault(
  picture: Picture,
  sender: ParticipantView,
): PictureFault | 'paused' | 'theirs' | 'strained' | null {
  const client = useClient();
  const { slots, pausedMids, me, isServerStrained } = useStore(client.store);
  const { pictures } = useStore(client.findings);
  const slot = slots.find(
    one => one.participantId === picture.participantId && one.source === picture.source,
  );
  if (slot && pausedMids.includes(slot.mid)) {
    return 'paused';
  }
  const isTheirs = sender.sends !== 'good' && sender.participantId !== me;
  const fault = slot ? (pictures.get(slot.mid) ?? null) : null;
  if (isServerStrained && (isTheirs || fault)) {
    return 'strained';
  }
  return isTheirs ? 'theirs' : fault;
}

/** What somebody just showed; it is also said in the live region. */
function Reactions({ participantId }: { participantId: string }) {
  const { words } = useRoom();
  const { reactions } = useStore(useClient().store);
  const [seen, setSeen] = useState(() => reactions.at(-1)?.key ?? 0);
  const fresh = reactions.filter(one => one.participantId === participantId && one.key > seen);
  const newest = fresh.at(-1)?.key;
  useEffect(() => {
    if (newest === undefined) {
      return undefined;
    }
    const handle = setTimeout(() => {
      setSeen(newest);
    }, REACTION_SHOWN_MS);
    return () => {
      clearTimeout(handle);
    };
  }, [newest]);
  return (
    <div className="wv-tile-reactions" aria-hidden="true">
      {fresh.slice(-3).map(one => (
        <span key={one.key} className="wv-chip wv-chip-reaction">
          <Icon name={REACTION_ICONS[one.reaction]} />
          {words(`reaction.${one.reaction}`)}
        </span>
      ))}
    </div>
  );
}
