/** Before the door: who is awaited, what will happen, and one's own picture as it will be seen. */
import type { RoomClient } from '../client';
import type { WaitingReason } from '../protocol/messages';
import { typeset } from '../words';

import { useRoom, useStore } from './context';
import { Button } from './controls';
import { Preview } from './Preview';
import { Shell } from './Shell';

interface WaitingRoomProps {
  client: RoomClient;
  reason: WaitingReason;
}

export function WaitingRoom({ client, reason }: WaitingRoomProps) {
  const { session, words, locale } = useRoom();
  const link = useStore(session.link);
  const { room } = useStore(client.store);
  const { tracks } = useStore(session.devices.store);
  const { devices } = session;
  const hosts = link.kind === 'known' ? link.link.hosts : [];
  const name = link.kind === 'known' ? link.link.visitor.name : '';
  const [host] = hosts;
  const why =
    reason === 'no_host' && host !== undefined && hosts.length === 1
      ? words('waiting.no_host.named', { names: host })
      : words(`waiting.${reason}`);
  const flip = (kind: 'microphone' | 'camera') => (isOn: boolean) => {
    client.choose({ [kind]: isOn });
    if (isOn) {
      void devices.open(kind);
    } else {
      devices.close(kind);
    }
  };
  return (
    <Shell>
      <article className="wv-waiting" data-testid="waiting" data-reason={reason}>
        <Preview
          name={name}
          isMicrophoneOn={tracks.microphone !== null}
          isCameraOn={tracks.camera !== null}
          switchMicrophone={flip('microphone')}
          switchCamera={flip('camera')}
          canPublish
        />
        <p className="wv-eyebrow">{room?.name}</p>
        <h1>{words('waiting.title')}</h1>
        <p className="wv-lead" role="status">
          <span className="wv-pulse" aria-hidden="true" />
          {why}
        </p>
        <p>{words('waiting.next')}</p>
        {room && room.welcome !== '' && (
          <blockquote className="wv-welcome" aria-label={words('link.welcome')}>
            {typeset(locale, room.welcome)}
          </blockquote>
        )}
        <Button
          icon="leave"
          data-testid="waiting-leave"
          onClick={() => {
            client.leave();
          }}
        >
          {words('waiting.leave')}
        </Button>
      </article>
    </Shell>
  );
}
