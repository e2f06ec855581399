/** What a document's line has to say, above what it shows; nothing while all is well. */
import type { LiveState } from '../documents';
import { typeset, type Locale } from '../words';

import { islandWords } from './words';

export function LineNote({ state, locale }: { state: LiveState; locale: Locale }) {
  const words = islandWords(locale);
  const { line, dropped, access } = state;
  const text =
    line.kind === 'down'
      ? words(access === 'write' ? 'offline' : 'offline.reading')
      : line.kind === 'refused'
        ? `${typeset(locale, line.refusal.title)}. ${typeset(locale, line.refusal.message)}`
        : line.kind === 'login_required'
          ? words('login')
          : dropped
            ? words('dropped', { reason: typeset(locale, dropped.message) })
            : null;
  return text === null ? null : (
    <p className="wv-island-note" role="status" data-testid="document-note" data-line={line.kind}>
      {text}
    </p>
  );
}
