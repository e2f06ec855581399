/**
 * Who may use what, now: one table. Moderators change it live, for all and for
 * one person; everybody else reads what holds for them.
 */
import { mayUse, moderates } from '../client';
import type { Feature, ParticipantView } from '../protocol/messages';

import { useClient, useRoom, useStore } from './context';
import { Button, Dialog, IconButton, Menu } from './controls';
import { Icon, type IconName } from './icons';
import { Panel } from './Panel';
import { FEATURES, isAllowed, isConcerned, permissionOf, rightOf, withPerson, type Right } from './rights';

export function RightsPanel({ close }: { close: () => void }) {
  const { words } = useRoom();
  const client = useClient();
  const state = useStore(client.store);
  const leads = moderates(state);
  const isDown = state.line.kind === 'down';
  return (
    <Panel title={words(leads ? 'rights.title' : 'rights.mine')} close={close} testId="rights">
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className="wv-settings wv-rights" tabIndex={0} role="group" aria-label={words('rights.title')}>
        <p className="wv-field-hint">{words(leads ? 'rights.explain' : 'rights.explain.trainee')}</p>
        {isDown && leads && <p className="wv-field-problem">{words('settings.offline')}</p>}
        {FEATURES.map(({ feature, icon }) =>
          leads ? (
            <RightRow key={feature} feature={feature} icon={icon} isDisabled={isDown} />
          ) : (
            <OwnRight key={feature} feature={feature} icon={icon} isGiven={mayUse(state, feature)} />
          ),
        )}
      </div>
    </Panel>
  );
}

/** What holds for this person, in words: colour and a tick never say it alone. */
function OwnRight({ feature, icon, isGiven }: { feature: Feature; icon: IconName; isGiven: boolean }) {
  const { words } = useRoom();
  return (
    <div className="wv-right-own" data-testid="right" data-feature={feature} data-given={isGiven}>
      <Icon name={icon} />
      <span>{words(`rights.${feature}`)}</span>
      <strong className={isGiven ? 'wv-right-given' : 'wv-right-withheld'}>
        {words(isGiven ? 'rights.yours' : 'rights.withheld')}
      </strong>
    </div>
  );
}

function RightRow({ feature, icon, isDisabled }: { feature: Feature; icon: IconName; isDisabled: boolean }) {
  const { words } = useRoom();
  const client = useClient();
  const { permissions, participants } = useStore(client.store);
  const right = rightOf(permissions.find(one => one.feature === feature));
  const set = (next: Right) => {
    client.setPermission(permissionOf(feature, next));
  };
  const people = participants.filter(isConcerned);
  const excepted = people.filter(one => right.exceptions.includes(one.participantId));
  const rest = people.filter(one => !right.exceptions.includes(one.participantId));
  const name = words(`rights.${feature}`);
  return (
    <fieldset className="wv-right" disabled={isDisabled} data-testid="right" data-feature={feature}>
      <legend>
        <Icon name={icon} /> {name}
      </legend>
      <div className="wv-right-audience">
        {[true, false].map(isForAll => (
          <label key={String(isForAll)}>
            <input
              type="radio"
              name={`right-${feature}`}
              checked={right.isForAll === isForAll}
              data-testid={`right-${feature}-${isForAll ? 'all' : 'trainers'}`}
              onChange={() => {
                set({ isForAll, exceptions: [] });
              }}
            />
            <span>{words(isForAll ? 'rights.all' : 'rights.trainers')}</span>
          </label>
        ))}
      </div>
      <div className="wv-right-people">
        {excepted.map(one => (
          <span key={one.participantId} className="wv-right-person" data-testid="right-exception">
            {words(right.isForAll ? 'rights.but' : 'rights.and', { name: one.name })}
            <IconButton
              icon="close"
              label={words(right.isForAll ? 'rights.give_back' : 'rights.take', { name: one.name })}
              onClick={() => {
                set(withPerson(right, one.participantId, right.isForAll));
              }}
            />
          </span>
        ))}
        {rest.length > 0 && (
          <Menu
            label={words(right.isForAll ? 'rights.add_but' : 'rights.add_and')}
            groups={[
              {
                key: 'people',
                items: rest.map(one => ({
                  key: one.participantId,
                  label: one.name,
                  testId: 'right-choose',
                  act: () => {
                    set(withPerson(right, one.participantId, !right.isForAll));
                  },
                })),
              },
            ]}
            renderTrigger={({ ref, ...menu }) => (
              <button
                type="button"
                ref={ref}
                className="wv-text-button"
                aria-label={`${name}: ${words(right.isForAll ? 'rights.add_but' : 'rights.add_and')}`}
                disabled={isDisabled}
                data-testid={`right-${feature}-add`}
                {...menu}
              >
                {words(right.isForAll ? 'rights.add_but' : 'rights.add_and')}
              </button>
            )}
          />
        )}
      </div>
    </fieldset>
  );
}

/** Everything that one person may use; a moderator changes it. */
export function PersonRights({ person, close }: { person: ParticipantView; close: () => void }) {
  const { words } = useRoom();
  const client = useClient();
  const { permissions } = useStore(client.store);
  const { participantId, name } = person;
  return (
    <Dialog title={words('rights.of', { name })} close={close}>
      <ul className="wv-rights-of">
        {FEATURES.map(({ feature, icon }) => {
          const right = rightOf(permissions.find(one => one.feature === feature));
          return (
            <li key={feature}>
              <label className="wv-choice">
                <input
                  type="checkbox"
                  checked={isAllowed(right, participantId)}
                  data-testid={`person-right-${feature}`}
                  onChange={event => {
                    const next = withPerson(right, participantId, event.target.checked);
                    client.setPermission(permissionOf(feature, next));
                  }}
                />
                <Icon name={icon} />
                <span>{words(`rights.${feature}`)}</span>
              </label>
            </li>
          );
        })}
      </ul>
      <div className="wv-dialog-actions">
        <Button look="primary" onClick={close}>
          {words('common.close')}
        </Button>
      </div>
    </Dialog>
  );
}
