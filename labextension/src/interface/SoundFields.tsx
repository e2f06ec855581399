/** What is done to the sound of one's microphone: against noise, or as it is for music. */
import { useId } from 'react';

import { useRoom, useStore } from './context';

export function SoundFields() {
  const { session, words } = useRoom();
  const { devices } = session;
  const { sound } = useStore(devices.store);
  const isMusic = sound.mode === 'music';
  return (
    <div className="wv-switches" role="group" aria-label={words('sound.title')}>
      <Switch
        label={words('sound.noise')}
        hint={words(isMusic ? 'sound.noise.music' : 'sound.noise.hint')}
        isOn={sound.suppressesNoise && !isMusic}
        isDisabled={isMusic}
        testId="noise-suppression"
        turn={isOn => void devices.setSound({ suppressesNoise: isOn })}
      />
      <Switch
        label={words('sound.music')}
        hint={words('sound.music.hint')}
        isOn={isMusic}
        testId="music-mode"
        turn={isOn => void devices.setSound({ mode: isOn ? 'music' : 'speech' })}
      />
    </div>
  );
}

interface SwitchProps {
  label: string;
  hint: string;
  isOn: boolean;
  isDisabled?: boolean;
  testId: string;
  turn: (isOn: boolean) => void;
}

function Switch({ label, hint, isOn, isDisabled = false, testId, turn }: SwitchProps) {
  const id = useId();
  return (
    <div className="wv-switch">
      <input
        id={id}
        type="checkbox"
        role="switch"
        checked={isOn}
        aria-checked={isOn}
        aria-describedby={`${id}-hint`}
        disabled={isDisabled}
        data-testid={testId}
        onChange={event => {
          turn(event.target.checked);
        }}
      />
      <label htmlFor={id}>{label}</label>
      <p id={`${id}-hint`} className="wv-field-hint">
        {hint}
      </p>
    </div>
  );
}
