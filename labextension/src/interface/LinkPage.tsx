/** The first thing a trainee sees: which room, with whom, one's own picture, and one big button. */
import { useEffect, useState, type FormEvent } from 'react';

import type { RoomClient } from '../client';
import type { ApiFailure } from '../client/api';
import type { LinkView } from '../protocol/messages';
import { typeset, type WordKey } from '../words';

import { useRoom } from './context';
import { Button, Field, PasswordField } from './controls';
import { DeviceFields, DeviceProblems } from './DeviceFields';
import { Icon } from './icons';
import { Preview } from './Preview';
import { Shell } from './Shell';

interface LinkPageProps {
  link: LinkView;
  client: RoomClient;
}

export function LinkPage({ link, client }: LinkPageProps) {
  const { session, words, locale } = useRoom();
  const { devices } = session;
  const { room, visitor, hosts } = link;
  const [isMicrophoneOn, setMicrophone] = useState(devices.wishes.wantsMicrophone);
  const [isCameraOn, setCamera] = useState(devices.wishes.wantsCamera);
  const [name, setName] = useState(visitor.name || devices.wishes.name);
  const canPublish = visitor.role !== 'observer';

  useEffect(() => {
    document.title = words('link.title', { room: room.name });
  }, [words, room.name]);

  useEffect(() => {
    if (!canPublish) {
      return;
    }
    if (isMicrophoneOn && isCameraOn) {
      void devices.openBoth();
    } else if (isMicrophoneOn) {
      void devices.open('microphone');
    } else if (isCameraOn) {
      void devices.open('camera');
    } else {
      void devices.list();
    }
    // Only at first: afterwards the switches open and close what they switch.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [devices, canPublish]);

  useEffect(
    () =>
      devices.appeared.subscribe(kind => {
        if (canPublish && (kind === 'camera' ? isCameraOn : isMicrophoneOn)) {
          void devices.open(kind);
        }
      }),
    [devices, canPublish, isCameraOn, isMicrophoneOn],
  );

  const switchMicrophone = (isOn: boolean) => {
    setMicrophone(isOn);
    devices.remember({ wantsMicrophone: isOn });
    if (isOn) {
      void devices.open('microphone');
    } else {
      devices.close('microphone');
    }
  };
  const switchCamera = (isOn: boolean) => {
    setCamera(isOn);
    devices.remember({ wantsCamera: isOn });
    if (isOn) {
      void devices.open('camera');
    } else {
      devices.close('camera');
    }
  };
  const enter = () => {
    client.enter({ microphone: canPublish && isMicrophoneOn, camera: canPublish && isCameraOn });
  };

  return (
    <Shell wide>
      <div className="wv-link" data-testid="link-page">
        <section className="wv-link-preview">
          <Preview
            name={name}
            isMicrophoneOn={isMicrophoneOn}
            isCameraOn={isCameraOn}
            switchMicrophone={switchMicrophone}
            switchCamera={switchCamera}
            canPublish={canPublish}
          />
          {canPublish && <DeviceProblems />}
          <DeviceFields />
        </section>
        <section className="wv-link-card">
          <p className="wv-eyebrow">{room.customerName}</p>
          <h1>{room.name}</h1>
          <p className="wv-link-hosts">
            {hosts.length > 0
              ? words('link.host', { names: list(hosts, locale) })
              : words('link.host.unknown')}
          </p>
          <RoomState link={link} />
          {room.welcome !== '' && (
            <blockquote className="wv-welcome" aria-label={words('link.welcome')}>
              {typeset(locale, room.welcome)}
            </blockquote>
          )}
          <Entry link={link} name={name} setName={setName} enter={enter} />
          <p className="wv-field-hint">{words(canPublish ? 'link.listen' : 'link.observer')}</p>
        </section>
      </div>
    </Shell>
  );
}

/** A session goes on for a while without its trainer: who comes then joins it. */
function isSessionUnderWay({ room }: LinkView): boolean {
  return room.state === 'open' || room.state === 'lingering';
}

function RoomState({ link }: { link: LinkView }) {
  const { words } = useRoom();
  const isOpen = isSessionUnderWay(link);
  const opens = link.visitor.role === 'host' || link.visitor.role === 'cohost';
  return (
    <div className="wv-state" data-state={link.room.state}>
      <p className={isOpen ? 'wv-state-open' : 'wv-state-closed'}>
        <span className="wv-state-dot" aria-hidden="true" />
        {words(isOpen ? 'link.open' : 'link.closed')}
      </p>
      {!isOpen && <p className="wv-field-hint">{words(opens ? 'link.closed.host' : 'link.closed.wait')}</p>}
    </div>
  );
}

interface EntryProps {
  link: LinkView;
  name: string;
  setName: (name: string) => void;
  enter: () => void;
}

/** Who comes in: a known person by one button, a guest by name and password, or the hub's login. */
function Entry({ link, name, setName, enter }: EntryProps) {
  const { session, words } = useRoom();
  const { visitor, room } = link;
  const [isOther, setOther] = useState(false);
  const opens = visitor.role === 'host' || visitor.role === 'cohost';
  const login = session.api.loginUrl(location.pathname);
  if (visitor.kind !== 'anonymous' && !isOther) {
    return (
      <div className="wv-entry">
        <p className="wv-as">
          <span>{words('link.as', { name: visitor.name })}</span>
          {visitor.kind === 'guest' && (
            <button
              type="button"
              className="wv-text-button"
              onClick={() => {
                setOther(true);
              }}
            >
              {words('link.as.change')}
            </button>
          )}
        </p>
        <Button look="primary" className="wv-big" data-testid="join" onClick={enter}>
          {words(opens && !isSessionUnderWay(link) ? 'link.join.open' : 'link.join')}
        </Button>
      </div>
    );
  }
  if (!room.isGuestAccessOpen) {
    return (
      <div className="wv-entry">
        <p>{words('link.login.only')}</p>
        <a className="wv-button wv-primary wv-big" href={login} data-testid="login">
          {words('link.login')}
        </a>
      </div>
    );
  }
  return (
    <div className="wv-entry">
      <GuestForm name={name} setName={setName} enter={enter} code={link.code} />
      <p className="wv-or">
        <span>{words('link.login.instead')}</span>{' '}
        <a className="wv-text-button" href={login} data-testid="login">
          {words('link.login')}
        </a>
      </p>
    </div>
  );
}

function GuestForm({ name, setName, enter }: Omit<EntryProps, 'link'> & { code: string }) {
  const { session, words, locale } = useRoom();
  const [password, setPassword] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<ApiFailure | null>(null);
  const [missing, setMissing] = useState<WordKey | null>(null);
  const submit = async () => {
    const lacking: WordKey | null =
      name.trim() === '' ? 'link.name.missing' : password === '' ? 'link.password.missing' : null;
    setMissing(lacking);
    if (lacking) {
      return;
    }
    setBusy(true);
    session.devices.remember({ name: name.trim() });
    const failed = await session.enterAsGuest(name.trim(), password);
    setBusy(false);
    setFailure(failed);
    if (!failed) {
      enter();
    }
  };
  return (
    <form
      noValidate
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        void submit();
      }}
    >
      <Field
        label={words('link.name')}
        hint={words('link.name.hint')}
        problem={missing === 'link.name.missing' ? words(missing) : null}
        value={name}
        maxLength={60}
        autoComplete="name"
        required
        data-testid="guest-name"
        onChange={event => {
          setName(event.target.value);
        }}
      />
      <PasswordField
        label={words('link.password')}
        hint={words('link.password.hint')}
        problem={missing === 'link.password.missing' ? words(missing) : null}
        value={password}
        maxLength={128}
        autoComplete="off"
        required
        data-testid="guest-password"
        onChange={event => {
          setPassword(event.target.value);
        }}
      />
      {failure && (
        <div
          className="wv-note wv-note-danger"
          role="alert"
          data-testid="refusal"
          data-code={failure.kind === 'refused' ? failure.refusal.code : failure.kind}
        >
          <Icon name="warning" />
          <div className="wv-note-text">
            {failure.kind === 'refused' ? (
              <>
                <strong>{typeset(locale, failure.refusal.title)}</strong>
                <p>{typeset(locale, failure.refusal.message)}</p>
                <p>{typeset(locale, failure.refusal.remedy)}</p>
              </>
            ) : (
              <>
                <strong>{words(`link.${failure.kind}`)}</strong>
                <p>{words(`link.${failure.kind}.remedy`)}</p>
              </>
            )}
          </div>
        </div>
      )}
      <Button look="primary" className="wv-big" type="submit" disabled={isBusy} data-testid="join">
        {words(isBusy ? 'link.joining' : 'link.join')}
      </Button>
    </form>
  );
}

function list(names: ReadonlyArray<string>, locale: string): string {
  return new Intl.ListFormat(locale, { type: 'conjunction' }).format(names);
}
