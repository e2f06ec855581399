/** What a trainer sets while the room is open: welcome, who waits, guests, the link. */
import { useState } from 'react';

import type { Admission } from '../protocol/messages';

import { useClient, useRoom, useStore } from './context';
import { Button, CopyButton, PasswordField } from './controls';
import { Panel } from './Panel';

const ADMISSIONS: ReadonlyArray<Admission> = ['everybody', 'members', 'nobody'];
const SHORTEST_PASSWORD = 8;
const LONGEST_WELCOME = 2000;

export function SettingsPanel({ close }: { close: () => void }) {
  const { words } = useRoom();
  const client = useClient();
  const { room, line } = useStore(client.store);
  const [welcome, setWelcome] = useState(room?.welcome ?? '');
  if (!room) {
    return null;
  }
  const isDown = line.kind === 'down';
  return (
    <Panel title={words('settings.title')} close={close} testId="settings">
      <div className="wv-settings">
        {isDown && <p className="wv-field-problem">{words('settings.offline')}</p>}
        <fieldset disabled={isDown}>
          <legend>{words('settings.admission')}</legend>
          {ADMISSIONS.map(admission => (
            <label key={admission} className="wv-choice">
              <input
                type="radio"
                name="admission"
                value={admission}
                checked={room.admission === admission}
                data-testid={`admission-${admission}`}
                onChange={() => {
                  client.changeRoom({ admission });
                }}
              />
              <span>{words(`settings.admission.${admission}`)}</span>
            </label>
          ))}
        </fieldset>
        <GuestAccess isOpen={room.isGuestAccessOpen} isDisabled={isDown} />
        <fieldset disabled={isDown}>
          <legend>{words('settings.welcome')}</legend>
          <div className="wv-field">
            <textarea
              rows={4}
              aria-label={words('settings.welcome')}
              value={welcome}
              maxLength={LONGEST_WELCOME}
              data-testid="welcome"
              onChange={event => {
                setWelcome(event.target.value);
              }}
            />
            <p className="wv-field-hint">{words('settings.welcome.hint')}</p>
          </div>
          <Button
            disabled={welcome === room.welcome}
            data-testid="welcome-save"
            onClick={() => {
              client.changeRoom({ welcome });
            }}
          >
            {words(welcome === room.welcome ? 'common.saved' : 'common.save')}
          </Button>
        </fieldset>
      </div>
    </Panel>
  );
}

function GuestAccess({ isOpen, isDisabled }: { isOpen: boolean; isDisabled: boolean }) {
  const { words } = useRoom();
  const client = useClient();
  const [password, setPassword] = useState('');
  const [wasSet, setWasSet] = useState<string | null>(null);
  return (
    <fieldset disabled={isDisabled}>
      <legend>{words('settings.guests')}</legend>
      <p>{words(isOpen ? 'settings.guests.open' : 'settings.guests.closed')}</p>
      <PasswordField
        label={words('settings.guests.password')}
        hint={words('settings.guests.password.hint')}
        value={password}
        maxLength={128}
        autoComplete="new-password"
        data-testid="settings-password"
        onChange={event => {
          setPassword(event.target.value);
        }}
      />
      <div className="wv-row">
        <Button
          onClick={() => {
            setPassword(suggestPassword());
          }}
        >
          {words('settings.guests.suggest')}
        </Button>
        <Button
          look="primary"
          disabled={password.length < SHORTEST_PASSWORD}
          data-testid="settings-password-set"
          onClick={() => {
            if (client.changeRoom({ guestPassword: password })) {
              setWasSet(password);
              setPassword('');
            }
          }}
        >
          {words('settings.guests.set')}
        </Button>
      </div>
      {wasSet !== null && isOpen && (
        <p className="wv-row wv-password-set" role="status">
          <code>{wasSet}</code>
          <CopyButton text={wasSet} label={words('invite.copy.password')} />
        </p>
      )}
      {isOpen && (
        <Button
          look="quiet"
          data-testid="guests-close"
          onClick={() => {
            client.changeRoom({ guestPassword: null });
            setWasSet(null);
          }}
        >
          {words('settings.guests.close')}
        </Button>
      )}
    </fieldset>
  );
}

/** Letters and digits that nobody confuses when they are read aloud. */
const READABLE = 'abcdefghjkmnpqrstuvwxyz23456789';

/** Three groups of four: 59 bits, easily dictated. */
export function suggestPassword(): string {
  const pick = () => {
    // Values above the largest multiple would favour the first letters.
    const fair = 256 - (256 % READABLE.length);
    for (;;) {
      const [byte = 0] = crypto.getRandomValues(new Uint8Array(1));
      if (byte < fair) {
        return READABLE.charAt(byte % READABLE.length);
      }
    }
  };
  const group = () => Array.from({ length: 4 }, pick).join('');
  return [group(), group(), group()].join('-');
}
