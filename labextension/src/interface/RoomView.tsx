/** Chooses the screen: link, waiting, room, strip, refusal, farewell. One phase, one screen. */
import { Component, useEffect, useMemo, useState, type ReactNode } from 'react';

import type { RoomClient, RoomSession } from '../client';
import type { ApiFailure } from '../client/api';
import type { Store } from '../client/observable';
import type { RefusalView } from '../protocol/messages';
import { wordsOf } from '../words';

import { ClientProvider, RoomProvider, useRoom, useStore, type RoomContext } from './context';
import { Button } from './controls';
import { LinkPage } from './LinkPage';
import { Loading } from './Loading';
import type { RoomMode, RoomMountOptions } from './mount';
import { part } from './part';
import { MessagePage, RefusalPage } from './RefusalPage';
import { WaitingRoom } from './WaitingRoom';

const Room = part(() => import('./Room'), Loading);
const Strip = part(() => import('./Strip'), Loading);

export interface RoomViewProps {
  session: RoomSession;
  mode: Store<RoomMode>;
  options: RoomMountOptions;
}

export function RoomView({ session, mode, options }: RoomViewProps) {
  const locale = useStore(session.locale);
  const context: RoomContext = useMemo(
    () => ({ session, locale, words: wordsOf(locale), place: options.place, options }),
    [session, locale, options],
  );
  useEffect(() => {
    if (options.place === 'page') {
      document.documentElement.lang = locale;
    }
  }, [locale, options.place]);
  return (
    <RoomProvider value={context}>
      <div className={`webvisio webvisio-in-${options.place}`} lang={locale}>
        <Mishap>
          <Screen mode={mode} />
        </Mishap>
      </div>
    </RoomProvider>
  );
}

/** What breaks while it is drawn leaves words and a way out, not an empty page. */
class Mishap extends Component<{ children: ReactNode }, { isBroken: boolean }> {
  override state = { isBroken: false };

  static getDerivedStateFromError(): { isBroken: boolean } {
    return { isBroken: true };
  }

  override render(): ReactNode {
    return this.state.isBroken ? <Broken /> : this.props.children;
  }
}

function Broken() {
  const { session, words } = useRoom();
  return (
    <MessagePage
      icon="warning"
      title={words('broken.title')}
      testId="broken"
      actions={
        <Button
          look="primary"
          data-testid="broken-reload"
          onClick={() => {
            session.reload();
          }}
        >
          {words('broken.reload')}
        </Button>
      }
    >
      <p className="wv-lead">{words('broken.message')}</p>
      <p>{words(session.options.comesBack ? 'part.reload.comes_back' : 'part.reload')}</p>
    </MessagePage>
  );
}

function Screen({ mode }: { mode: Store<RoomMode> }) {
  const { session } = useRoom();
  const link = useStore(session.link);
  const client = useStore(session.client);
  if (client) {
    return (
      <ClientProvider value={client}>
        <ClientScreen client={client} mode={mode} />
      </ClientProvider>
    );
  }
  return link.kind === 'failed' ? <LinkFailed failure={link.failure} /> : <Loading />;
}

function ClientScreen({ client, mode }: { client: RoomClient; mode: Store<RoomMode> }) {
  const { session, words } = useRoom();
  const { phase, room } = useStore(client.store);
  const link = useStore(session.link);
  const isStrip = useStore(mode) === 'strip';
  const again = () => {
    client.enter();
  };
  switch (phase.kind) {
    case 'outside':
      if (isStrip) {
        return <MessagePage icon="door" title={words('strip.outside')} testId="outside" />;
      }
      return <Door client={client} />;
    case 'entering':
      return <MessagePage icon="door" title={words('entering.title')} testId="entering" />;
    case 'waiting':
      return <WaitingRoom client={client} reason={phase.reason} />;
    case 'inside':
      return isStrip ? <Strip client={client} /> : <Room client={client} />;
    case 'refused':
      return <Cut refusal={phase.refusal} client={client} roomName={room?.name ?? ''} />;
    case 'ended':
      return (
        <MessagePage
          icon="check"
          title={words('ended.title')}
          testId="ended"
          actions={<Button onClick={() => void comeBack(session, client)}>{words('left.again')}</Button>}
        >
          <p className="wv-lead">
            {phase.by === '' ? words('ended.by.unknown') : words('ended.message', { name: phase.by })}
          </p>
        </MessagePage>
      );
    case 'superseded':
      return (
        <MessagePage
          icon="copy"
          title={words('superseded.title')}
          testId="superseded"
          actions={
            <Button look="primary" onClick={again} data-testid="use-this-window">
              {words('superseded.here')}
            </Button>
          }
        >
          <p className="wv-lead">{words('superseded.message')}</p>
        </MessagePage>
      );
    case 'login_required':
      return (
        <MessagePage
          icon="door"
          title={words('login_required.title')}
          testId="login-required"
          actions={
            <a
              className="wv-button wv-primary"
              href={session.api.loginUrl(location.pathname)}
              data-testid="login"
            >
              {words('link.login')}
            </a>
          }
        >
          <p className="wv-lead">{words('login_required.message')}</p>
        </MessagePage>
      );
    case 'broken':
      return <Broken />;
    case 'left':
      return (
        <MessagePage
          icon="check"
          title={words('left.title')}
          testId="left"
          actions={
            <Button look="primary" onClick={() => void comeBack(session, client)} data-testid="come-back">
              {words('left.again')}
            </Button>
          }
        >
          <p className="wv-lead">
            {link.kind === 'known' ? `${link.link.room.name}. ` : ''}
            {words('left.message')}
          </p>
        </MessagePage>
      );
  }
}

/** Before the door: the link page, or why the door is shut. */
function Door({ client }: { client: RoomClient }) {
  const { session } = useRoom();
  const link = useStore(session.link);
  useEffect(() => {
    Room.fetch();
  }, []);
  if (link.kind !== 'known') {
    return link.kind === 'failed' ? <LinkFailed failure={link.failure} /> : <Loading />;
  }
  const { refusal, room, visitor } = link.link;
  if (refusal && !(visitor.kind === 'anonymous' && ASKS_WHO.has(refusal.code))) {
    return <Cut refusal={refusal} client={client} roomName={room.name} />;
  }
  return <LinkPage link={link.link} client={client} />;
}

/** These only say "who are you?", and the link page asks just that. */
const ASKS_WHO: ReadonlySet<string> = new Set(['login_required', 'guests_not_allowed']);

/** How often a shut door is looked at again, quietly. */
const LOOK_AGAIN_MS = 10_000;
/** Doors that open again by themselves, without this person doing anything. */
const REOPENING: ReadonlySet<string> = new Set([
  'suspended_unpaid',
  'suspended_illegal_content',
  'suspended_fraud',
  'maintenance',
  'contract_ended',
  'contract_not_started',
  'period_over',
  'no_contract',
  'entitlements_unknown',
]);

/** A shut door; when it opens again, the page says so and offers the way back. */
function Cut({ refusal, client, roomName }: { refusal: RefusalView; client: RoomClient; roomName: string }) {
  const { session, words } = useRoom();
  const [isOpenAgain, setOpenAgain] = useState(false);
  const canReopen = REOPENING.has(refusal.code);
  useEffect(() => {
    if (!canReopen || isOpenAgain) {
      return undefined;
    }
    const handle = setInterval(() => {
      void session.api.link(session.options.code).then(result => {
        setOpenAgain(result.ok && result.value.refusal === null);
      });
    }, LOOK_AGAIN_MS);
    return () => {
      clearInterval(handle);
    };
  }, [session, canReopen, isOpenAgain]);
  const back = () => void comeBack(session, client);
  if (isOpenAgain) {
    return (
      <MessagePage
        icon="door"
        title={words('refusal.reopened')}
        testId="reopened"
        actions={
          <Button look="primary" onClick={back} data-testid="come-back">
            {words('refusal.rejoin')}
          </Button>
        }
      >
        <p className="wv-lead">{words('refusal.reopened.message')}</p>
      </MessagePage>
    );
  }
  return (
    <RefusalPage
      refusal={refusal}
      roomName={roomName}
      actions={
        refusal.code === 'protocol_mismatch' ? (
          <Button
            look="primary"
            data-testid="refusal-reload"
            onClick={() => {
              session.reload();
            }}
          >
            {words('broken.reload')}
          </Button>
        ) : (
          <Button onClick={back} data-testid="retry">
            {words('refusal.retry')}
          </Button>
        )
      }
    />
  );
}

/** Back to the door with fresh facts, not straight in: the person may want to look at themselves first. */
async function comeBack(session: RoomSession, client: RoomClient): Promise<void> {
  await session.load();
  client.returnToDoor();
}

const RELOAD_MS = 5000;

function LinkFailed({ failure }: { failure: ApiFailure }) {
  const { session, words } = useRoom();
  useEffect(() => {
    if (failure.kind !== 'unreachable') {
      return undefined;
    }
    const handle = setTimeout(() => void session.load(), RELOAD_MS);
    return () => {
      clearTimeout(handle);
    };
  }, [session, failure]);
  const retry = (
    <Button onClick={() => void session.load()} data-testid="retry">
      {words('common.retry')}
    </Button>
  );
  if (failure.kind === 'refused') {
    return <RefusalPage refusal={failure.refusal} actions={retry} />;
  }
  const refusal: RefusalView = {
    code: failure.kind,
    title: words(`link.${failure.kind}`),
    message: words(`link.${failure.kind}.message`, {
      status: failure.kind === 'unexpected' ? failure.status : 0,
    }),
    remedy: words(`link.${failure.kind}.remedy`),
    clause: null,
    clauseText: null,
    reference: null,
  };
  return <RefusalPage refusal={refusal} actions={retry} />;
}
