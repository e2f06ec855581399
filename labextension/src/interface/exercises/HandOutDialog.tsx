/** Hands a notebook out, or moves the deadline of what was: a moment chosen in one click, or exactly. */
import { useId, useState } from 'react';

import { useRoom } from '../context';
import { Button, Dialog } from '../controls';

import { localValue, momentOf } from './deadline';

const MINUTES: ReadonlyArray<number> = [10, 20, 30, 45, 60];
const MINUTE_MS = 60_000;

interface HandOutDialogProps {
  title: string;
  explanation: string;
  confirm: string;
  deadline: string | null;
  close: () => void;
  act: (deadline: Date | null) => void;
}

export function HandOutDialog({ title, explanation, confirm, deadline, close, act }: HandOutDialogProps) {
  const { words, locale } = useRoom();
  const [value, setValue] = useState(deadline === null ? '' : localValue(new Date(deadline)));
  const id = useId();
  const chosen = value === '' ? null : new Date(value);
  const isPast = chosen !== null && chosen.getTime() <= Date.now();
  return (
    <Dialog title={title} close={close} className="wv-hand-out">
      <p>{explanation}</p>
      <fieldset>
        <legend>{words('deadline.title')}</legend>
        <div className="wv-row">
          <Button
            look={value === '' ? 'primary' : 'plain'}
            aria-pressed={value === ''}
            data-testid="deadline-none"
            onClick={() => {
              setValue('');
            }}
          >
            {words('deadline.none')}
          </Button>
          {MINUTES.map(minutes => (
            <Button
              key={minutes}
              data-testid={`deadline-in-${minutes}`}
              onClick={() => {
                setValue(localValue(new Date(Math.ceil(Date.now() / MINUTE_MS + minutes) * MINUTE_MS)));
              }}
            >
              {words('deadline.in', { count: minutes })}
            </Button>
          ))}
        </div>
        <div className="wv-field">
          <label htmlFor={id}>{words('deadline.at')}</label>
          <input
            id={id}
            type="datetime-local"
            value={value}
            data-testid="deadline-at"
            aria-describedby={`${id}-hint`}
            aria-invalid={isPast}
            onChange={event => {
              setValue(event.target.value);
            }}
          />
          <p
            id={`${id}-hint`}
            className={isPast ? 'wv-field-problem' : 'wv-field-hint'}
            role="status"
            data-testid="deadline-hint"
          >
            {chosen === null
              ? words('deadline.none.explain')
              : isPast
                ? words('deadline.at.past')
                : words('deadline.at.explain', { time: momentOf(chosen, locale, Date.now()) })}
          </p>
        </div>
      </fieldset>
      <div className="wv-dialog-actions">
        <Button onClick={close}>{words('common.cancel')}</Button>
        <Button
          look="primary"
          disabled={isPast}
          data-testid="hand-out-confirm"
          onClick={() => {
            act(chosen);
            close();
          }}
        >
          {confirm}
        </Button>
      </div>
    </Dialog>
  );
}
