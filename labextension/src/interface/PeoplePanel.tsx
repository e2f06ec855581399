/** Who is here: at the door, hands first and in order, then trainers, participants, guests, observers. */
import { useState, type ReactNode } from 'react';

import { handQueue, moderates, myself } from '../client';
import type { ParticipantView } from '../protocol/messages';
import type { WordKey } from '../words';

import { samePicture, type Picture } from './arrangement';
import { useClient, useRoom, useStore } from './context';
import { Button, Dialog, IconButton, Initials, Menu, type MenuGroup, type MenuItem } from './controls';
import { Icon } from './icons';
import { Panel } from './Panel';
import { isConcerned } from './rights';
import { PersonRights } from './RightsPanel';

interface PeoplePanelProps {
  close: () => void;
  invite: () => void;
  pinned: Picture | null;
  pin: (picture: Picture | null) => void;
}

const SECTIONS: ReadonlyArray<{ title: WordKey; holds: (one: ParticipantView) => boolean }> = [
  { title: 'people.hosts', holds: one => one.role === 'host' || one.role === 'cohost' },
  { title: 'people.participants', holds: one => one.role === 'participant' && !one.isGuest },
  { title: 'people.guests', holds: one => one.role === 'participant' && one.isGuest },
  { title: 'people.observers', holds: one => one.role === 'observer' },
];

export function PeoplePanel({ close, invite, pinned, pin }: PeoplePanelProps) {
  const { words } = useRoom();
  const client = useClient();
  const state = useStore(client.store);
  const [removing, setRemoving] = useState<ParticipantView | null>(null);
  const [rights, setRights] = useState<ParticipantView | null>(null);
  const hands = handQueue(state.participants);
  const isModerator = moderates(state);
  return (
    <Panel title={`${words('people.title')} (${state.participants.length})`} close={close} testId="people">
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className="wv-people" tabIndex={0} role="group" aria-label={words('people.title')}>
        {isModerator && state.waiting.length > 0 && <Door waiting={state.waiting} />}
        {hands.length > 0 && (
          <Section title={words('people.hands')} count={hands.length}>
            {hands.map((one, index) => (
              <li key={one.participantId} className="wv-person" data-testid="raised-hand">
                <span className="wv-hand-order">{index + 1}</span>
                <span className="wv-person-name">{one.name}</span>
                {(isModerator || one.participantId === state.me) && (
                  <IconButton
                    icon="close"
                    label={words('people.lower_hand.name', { name: one.name })}
                    onClick={() => {
                      if (one.participantId === state.me) {
                        client.raiseHand(false);
                      } else {
                        client.lowerHandOf(one.participantId);
                      }
                    }}
                  />
                )}
              </li>
            ))}
          </Section>
        )}
        {SECTIONS.map(section => {
          const members = state.participants.filter(section.holds);
          return (
            members.length > 0 && (
              <Section key={section.title} title={words(section.title)} count={members.length}>
                {members.map(one => (
                  <Person
                    key={one.participantId}
                    person={one}
                    pinned={pinned}
                    pin={pin}
                    askToRemove={() => {
                      setRemoving(one);
                    }}
                    showRights={() => {
                      setRights(one);
                    }}
                  />
                ))}
              </Section>
            )
          );
        })}
      </div>
      <footer className="wv-panel-foot">
        <Button icon="invite" onClick={invite} data-testid="invite">
          {words('more.invite')}
        </Button>
      </footer>
      {rights && (
        <PersonRights
          person={rights}
          close={() => {
            setRights(null);
          }}
        />
      )}
      {removing && (
        <Dialog
          title={words('people.remove.confirm', { name: removing.name })}
          close={() => {
            setRemoving(null);
          }}
        >
          <p>{words('people.remove.explain')}</p>
          <div className="wv-dialog-actions">
            <Button
              onClick={() => {
                setRemoving(null);
              }}
            >
              {words('common.cancel')}
            </Button>
            <Button
              look="danger"
              data-testid="remove-confirm"
              onClick={() => {
                client.remove(removing.participantId);
                setRemoving(null);
              }}
            >
              {words('people.remove')}
            </Button>
          </div>
        </Dialog>
      )}
    </Panel>
  );
}

function Section({ title, count, children }: { title: string; count: number; children: ReactNode }) {
  return (
    <section>
      <h3>
        {title} <span className="wv-count">{count}</span>
      </h3>
      <ul>{children}</ul>
    </section>
  );
}

function Door({ waiting }: { waiting: ReadonlyArray<ParticipantView> }) {
  const { words } = useRoom();
  const client = useClient();
  return (
    <section className="wv-door">
      <h3>
        {words('people.door')} <span className="wv-count">{waiting.length}</span>
      </h3>
      <ul>
        {waiting.map(one => (
          <li key={one.participantId} className="wv-person" data-testid="at-the-door">
            <Initials name={one.name} />
            <span className="wv-person-name">
              {one.name}
              {one.isGuest && <small>{words('role.guest')}</small>}
            </span>
            <IconButton
              icon="close"
              label={words('people.reject.name', { name: one.name })}
              data-testid="reject"
              onClick={() => {
                client.admit(one.participantId, false);
              }}
            />
            <Button
              look="primary"
              aria-label={words('people.admit.name', { name: one.name })}
              data-testid="admit"
              onClick={() => {
                client.admit(one.participantId, true);
              }}
            >
              {words('people.admit')}
            </Button>
          </li>
        ))}
      </ul>
      {waiting.length > 1 && (
        <Button
          data-testid="admit-all"
          onClick={() => {
            for (const one of waiting) {
              client.admit(one.participantId, true);
            }
          }}
        >
          {words('people.admit.all')}
        </Button>
      )}
    </section>
  );
}

/** What a trainer must know before they go on: this person does not hear, or is not heard; and whose fault it is. */
function LineTrouble({ person }: { person: ParticipantView }) {
  const { words } = useRoom();
  const { isServerStrained } = useStore(useClient().store);
  const troubles = new Set<WordKey>();
  for (const way of ['receives', 'sends'] as const) {
    const state = person[way];
    if (state !== 'good') {
      troubles.add(state === 'poor' && isServerStrained ? 'people.strained' : `people.${way}.${state}`);
    }
  }
  return [...troubles].map(trouble => (
    <small key={trouble} className="wv-person-trouble" data-testid="person-trouble" data-trouble={trouble}>
      <Icon name="line" />
      {words(trouble)}
    </small>
  ));
}

interface PersonProps {
  person: ParticipantView;
  pinned: Picture | null;
  pin: (picture: Picture | null) => void;
  askToRemove: () => void;
  showRights: () => void;
}

function Person(props: PersonProps) {
  const { person } = props;
  const { words } = useRoom();
  const client = useClient();
  const state = useStore(client.store);
  const isMe = person.participantId === state.me;
  const hasMicrophone = isMe ? state.own.microphone : person.sources.includes('microphone');
  const hasCamera = isMe ? state.own.camera : person.sources.includes('camera');
  const role: WordKey | null =
    person.role === 'cohost' || person.role === 'observer' ? `role.${person.role}` : null;
  const groups = usePersonActions(props);
  return (
    <li className="wv-person" data-testid="person" data-participant={person.participantId}>
      <Initials name={person.name} />
      <span className="wv-person-name">
        {isMe ? `${person.name} (${words('common.you')})` : person.name}
        {role && <small>{words(role)}</small>}
        {person.isReconnecting && <small>{words('tile.reconnecting')}</small>}
        {!person.isReconnecting && !person.hasMedia && !isMe && <small>{words('people.no_media')}</small>}
        {moderates(state) && person.hasMedia && !isMe && <LineTrouble person={person} />}
      </span>
      {person.sources.includes('screen') && <Icon name="screen" />}
      <span className={hasMicrophone ? 'wv-person-on' : 'wv-person-off'}>
        <Icon name={hasMicrophone ? 'microphone' : 'microphoneOff'} />
        {!hasMicrophone && <span className="wv-hidden">{words('tile.microphone.off')}</span>}
      </span>
      <span className={hasCamera ? 'wv-person-on' : 'wv-person-off'}>
        <Icon name={hasCamera ? 'camera' : 'cameraOff'} />
        {!hasCamera && <span className="wv-hidden">{words('tile.camera.off')}</span>}
      </span>
      <PersonMenu name={person.name} groups={groups} />
    </li>
  );
}

function PersonMenu({ name, groups }: { name: string; groups: ReadonlyArray<MenuGroup> }) {
  const { words } = useRoom();
  if (groups.every(group => group.items.length === 0)) {
    return <span className="wv-person-gap" />;
  }
  return (
    <Menu
      label={words('people.actions', { name })}
      groups={groups}
      renderTrigger={({ ref, ...menu }) => (
        <button
          type="button"
          ref={ref}
          className="wv-icon-button"
          aria-label={words('people.actions', { name })}
          title={words('people.actions', { name })}
          data-testid="person-actions"
          {...menu}
        >
          <Icon name="more" />
        </button>
      )}
    />
  );
}

/** What the viewer may do with this person; the service decides in the end. */
function usePersonActions({
  person,
  pinned,
  pin,
  askToRemove,
  showRights,
}: PersonProps): ReadonlyArray<MenuGroup> {
  const { words } = useRoom();
  const client = useClient();
  const state = useStore(client.store);
  const me = myself(state);
  const id = person.participantId;
  if (!me || id === state.me) {
    return [];
  }
  const picture: Picture = { participantId: id, source: 'camera' };
  const isPinned = pinned !== null && samePicture(pinned, picture);
  const item = (key: string, word: WordKey, icon: MenuItem['icon'], act: () => void): MenuItem => ({
    key,
    label: words(word),
    testId: `person-${key}`,
    act,
    ...(icon ? { icon } : {}),
  });
  const look = [
    item('pin', isPinned ? 'people.unpin' : 'people.pin', 'pin', () => {
      pin(isPinned ? null : picture);
    }),
  ];
  const sends = (source: ParticipantView['sources'][number]) => person.sources.includes(source);
  const quiet: MenuItem[] = [];
  const standing: MenuItem[] = [];
  if (moderates(state)) {
    if (sends('microphone')) {
      quiet.push(
        item('mute', 'people.mute', 'microphoneOff', () => {
          client.mute(id, 'microphone');
        }),
      );
    }
    if (sends('camera')) {
      quiet.push(
        item('stop-camera', 'people.stop_camera', 'cameraOff', () => {
          client.mute(id, 'camera');
        }),
      );
    }
    if (sends('screen')) {
      quiet.push(
        item('stop-share', 'people.stop_share', 'screenStop', () => {
          client.mute(id, 'screen');
        }),
      );
    }
    if (person.handRaisedAt !== null) {
      quiet.push(
        item('lower-hand', 'people.lower_hand', 'hand', () => {
          client.lowerHandOf(id);
        }),
      );
    }
  }
  if (me.role === 'host' && person.role !== 'host') {
    for (const role of ['cohost', 'participant', 'observer'] as const) {
      if (person.role !== role && !(role === 'cohost' && person.isGuest)) {
        standing.push(
          item(`make-${role}`, `people.make_${role}`, undefined, () => {
            client.setRole(id, role);
          }),
        );
      }
    }
  }
  if (moderates(state) && isConcerned(person)) {
    standing.push(item('rights', 'people.rights', undefined, showRights));
  }
  if (moderates(state) && person.role !== 'host') {
    standing.push({ ...item('remove', 'people.remove', 'leave', askToRemove), isDanger: true });
  }
  return [
    { key: 'look', items: look },
    { key: 'quiet', items: quiet },
    { key: 'standing', items: standing },
  ];
}
