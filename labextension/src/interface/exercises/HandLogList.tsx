/** The helping hands of a copy: who, when, until when, and which cells were run; for both kinds of page. */
import type { HandLog } from '../../protocol/messages';
import type { Locale, Words } from '../../words';

interface HandLogListProps {
  /** Null while it is read. */
  log: HandLog | null;
  owner: string;
  locale: Locale;
  words: Words;
  /** As people count, from 1; null when the cell is gone. */
  numberOf: (cellId: string) => number | null;
}

export function HandLogList({ log, owner, locale, words, numberOf }: HandLogListProps) {
  if (log === null) {
    return <p role="status">{words('common.loading')}</p>;
  }
  if (log.hands.length === 0) {
    return <p data-testid="hand-log">{words('hands.none')}</p>;
  }
  const day = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short' });
  const time = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
  return (
    <ol className="webvisio-hand-log" data-testid="hand-log">
      {log.hands.map(hand => {
        const from = new Date(hand.grantedAt);
        const until = new Date(hand.until);
        const isOn = until > new Date(log.at) && hand.endedBy === null;
        const values = { day: day.format(from), from: time.format(from), until: time.format(until) };
        return (
          <li key={hand.grantedAt} data-testid="hand-log-entry" data-on={isOn}>
            <p>
              {words('hands.given', { owner, ...values })}{' '}
              {isOn
                ? words('hands.on')
                : hand.endedBy === null
                  ? words('hands.ended.clock')
                  : words('hands.ended.by', { name: hand.endedBy })}
            </p>
            {hand.runs.length === 0 ? (
              <p>{words('hands.no_runs')}</p>
            ) : (
              <ul>
                {hand.runs.map((run, index) => {
                  const number = numberOf(run.cellId);
                  const said = { name: run.by, time: time.format(new Date(run.at)) };
                  return (
                    <li key={index} data-testid="hand-log-run">
                      {number === null
                        ? words('hands.ran.gone', said)
                        : words('hands.ran', { ...said, number: String(number) })}
                    </li>
                  );
                })}
              </ul>
            )}
          </li>
        );
      })}
    </ol>
  );
}
