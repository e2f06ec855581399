/** Which camera, microphone and loudspeaker: chosen in place, tried in place. */
import { useId, useState } from 'react';

import type { Capture } from '../client';
import { browserOf, remedyOf } from '../client/remedies';
import { play } from '../client/sound';

import { useRoom, useStore } from './context';
import { Button } from './controls';
import { Icon, type IconName } from './icons';
import { LevelMeter } from './LevelMeter';

export function DeviceFields() {
  const { session, words } = useRoom();
  const { devices } = session;
  const state = useStore(devices.store);
  const [isPlaying, setPlaying] = useState(false);
  const test = () => {
    setPlaying(true);
    void play('test', state.chosen.speaker)
      .catch(() => undefined)
      .finally(() => {
        setPlaying(false);
      });
  };
  return (
    <div className="wv-devices">
      <DeviceSelect
        icon="camera"
        label={words('device.camera')}
        list={state.cameras}
        chosen={state.chosen.camera}
        choose={id => void devices.choose('camera', id)}
      />
      <DeviceSelect
        icon="microphone"
        label={words('device.microphone')}
        list={state.microphones}
        chosen={state.chosen.microphone}
        choose={id => void devices.choose('microphone', id)}
      />
      <div className="wv-device-level">
        <LevelMeter track={state.tracks.microphone} label={words('device.level')} />
        <p className="wv-field-hint">
          {words(state.tracks.microphone ? 'device.level.hint' : 'device.level.off')}
        </p>
      </div>
      <div className="wv-device-speaker">
        <DeviceSelect
          icon="speaker"
          label={words('device.speaker')}
          list={state.speakers}
          chosen={state.chosen.speaker}
          choose={id => {
            devices.chooseSpeaker(id);
          }}
        />
        <Button onClick={test} disabled={isPlaying} data-testid="test-sound">
          {words(isPlaying ? 'device.test.playing' : 'device.test')}
        </Button>
      </div>
    </div>
  );
}

interface DeviceSelectProps {
  icon: IconName;
  label: string;
  list: ReadonlyArray<{ id: string; label: string }>;
  chosen: string;
  choose: (id: string) => void;
}

function DeviceSelect({ icon, label, list, chosen, choose }: DeviceSelectProps) {
  const { words } = useRoom();
  const id = useId();
  const known = list.find(device => device.id === chosen);
  return (
    <div className="wv-select">
      <label htmlFor={id} className="wv-hidden">
        {label}
      </label>
      <Icon name={icon} />
      <select
        id={id}
        value={known ? chosen : ''}
        title={known?.label || undefined}
        onChange={event => {
          choose(event.target.value);
        }}
      >
        {!known && <option value="">{words('device.default')}</option>}
        {list.map((device, index) => (
          <option key={device.id} value={device.id}>
            {device.label || words('device.numbered', { kind: label, count: index + 1 })}
          </option>
        ))}
      </select>
      <Icon name="down" />
    </div>
  );
}

/** What is wrong with camera and microphone, in words, with the remedy for this browser. */
export function DeviceProblems() {
  const { session, words } = useRoom();
  const { problems, opening } = useStore(session.devices.store);
  const browser = browserOf(navigator.userAgent, navigator.maxTouchPoints);
  const kinds = (['camera', 'microphone'] as const).filter(kind => problems[kind] !== null);
  if (kinds.length === 0) {
    return null;
  }
  const same = problems.camera === problems.microphone ? problems.camera : null;
  const both = same === 'refused' || same === 'none' ? same : null;
  const shown: ReadonlyArray<Capture> = both ? ['camera'] : kinds;
  const isBusy = opening.camera || opening.microphone;
  const canRetry = kinds.some(kind => problems[kind] !== 'insecure');
  return (
    <div className="wv-note wv-note-warning" role="status" data-testid="device-problem">
      <Icon name="warning" />
      <div className="wv-note-text">
        {shown.map(kind => {
          const problem = problems[kind];
          return (
            problem && (
              <div key={kind} data-device={kind} data-problem={problem}>
                <strong>{words(both ? `problem.both.${both}` : `problem.${kind}.${problem}`)}</strong>
                <p>{words(remedyOf(problem, browser))}</p>
              </div>
            )
          );
        })}
        {canRetry && (
          <Button
            disabled={isBusy}
            onClick={() => {
              for (const kind of kinds) {
                void session.devices.open(kind);
              }
            }}
          >
            {words('device.retry')}
          </Button>
        )}
      </div>
    </div>
  );
}
