/** What stands in the way of hearing and being heard, in words, with what to do; and the lost line. */
import type { ReactNode } from 'react';

import { moderates } from '../client';
import type { WordKey } from '../words';

import { useClient, useRoom, useStore } from './context';
import { Button } from './controls';
import { useSecondsUntil } from './hooks';
import { Icon, type IconName } from './icons';

export function Banners() {
  const { words } = useRoom();
  const client = useClient();
  const state = useStore(client.store);
  const { line, own } = state;
  const media = useStore(client.media.store);
  const findings = useStore(client.findings);
  const thrift = useStore(client.thrift);
  if (line.kind === 'down') {
    return <LostLine retryAtMs={line.retryAtMs} attempt={line.attempt} />;
  }
  return (
    <>
      {own.screen && (
        <Banner
          icon="screen"
          kind="sharing"
          title={words('tile.sharing')}
          text={words('tile.sharing.explain')}
        >
          <Button icon="screenStop" data-testid="stop-sharing" onClick={() => void client.stopSharing()}>
            {words('tile.sharing.stop')}
          </Button>
        </Banner>
      )}
      {thrift !== 'everything' && (
        <Banner
          icon="line"
          kind="thrift"
          title={words('thrift.banner')}
          text={words('thrift.banner.explain')}
        >
          <Button
            data-testid="thrift-stop"
            onClick={() => {
              client.setThrift('everything');
            }}
          >
            {words('thrift.banner.stop')}
          </Button>
        </Banner>
      )}
      {media.isSoundHeld && (
        <Banner icon="speaker" kind="sound-held" title={words('media.held')}>
          <Button look="primary" data-testid="release-sound" onClick={() => void client.media.releaseSound()}>
            {words('media.held.release')}
          </Button>
        </Banner>
      )}
      {media.isUnavailable ? (
        <Problem kind="media-unavailable" title="media.unavailable" remedy="media.unavailable.remedy" />
      ) : media.isBlocked ? (
        <Problem kind="udp-blocked" title="media.blocked" remedy="media.blocked.remedy" />
      ) : media.connection === 'interrupted' || media.connection === 'failed' ? (
        <Problem kind="media-interrupted" title="media.interrupted" />
      ) : findings.sendsNoSound ? (
        <Problem kind="sends-nothing" title="media.sends_nothing" remedy="media.sends_nothing.remedy" />
      ) : findings.microphoneIsSilent ? (
        <Problem kind="microphone-silent" title="media.silent" remedy="media.silent.remedy" />
      ) : findings.hearsNobody ? (
        <Problem kind="hears-nobody" title="media.hears_nobody" remedy="media.hears_nobody.remedy" />
      ) : state.isServerStrained && moderates(state) ? (
        <Problem kind="server-strained" title="media.strained" remedy="media.strained.remedy" />
      ) : null}
    </>
  );
}

function Problem({ kind, title, remedy }: { kind: string; title: WordKey; remedy?: WordKey }) {
  const { words } = useRoom();
  return (
    <Banner
      icon="warning"
      kind={kind}
      isWarning
      title={words(title)}
      {...(remedy ? { text: words(remedy) } : {})}
    />
  );
}

function LostLine({ retryAtMs, attempt }: { retryAtMs: number; attempt: number }) {
  const { words } = useRoom();
  const client = useClient();
  const seconds = useSecondsUntil(retryAtMs);
  return (
    <Banner
      icon="line"
      kind="line-lost"
      isWarning
      title={words('line.lost')}
      text={words('line.lost.explain')}
      attempt={attempt}
    >
      {/* Counted for the eye only: read aloud every second it would be torture. */}
      <span className="wv-countdown" aria-hidden="true">
        {seconds > 0 ? words('line.lost.next', { count: seconds }) : words('line.lost.now')}
      </span>
      <Button
        onClick={() => {
          client.hurry();
        }}
      >
        {words('line.lost.try')}
      </Button>
    </Banner>
  );
}

interface BannerProps {
  icon: IconName;
  kind: string;
  title: string;
  text?: string;
  isWarning?: boolean;
  attempt?: number;
  testId?: string;
  children?: ReactNode;
}

export function Banner({
  icon,
  kind,
  title,
  text,
  isWarning = false,
  attempt,
  testId = 'banner',
  children,
}: BannerProps) {
  return (
    <div
      className={`wv-banner ${isWarning ? 'wv-banner-warning' : ''}`}
      role={isWarning ? 'alert' : 'status'}
      data-testid={testId}
      data-kind={kind}
      data-attempt={attempt}
    >
      <Icon name={icon} />
      <p>
        <strong>{title}</strong> {text}
      </p>
      {children && <div className="wv-banner-actions">{children}</div>}
    </div>
  );
}
