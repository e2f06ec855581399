/** The words of what a person must hear while they work elsewhere in JupyterLab. Pure. */
import type { Notice, Phase } from '../client/state';
import { rightsText } from '../interface/rights';
import { typeset, type Locale, type Words } from '../words';

/** Longer chat lines are read in the room. */
const MOST_CHARACTERS = 140;

/** Says what just happened, or null for what can wait until the person is back. */
export function awayText(notice: Notice, words: Words): string | null {
  switch (notice.kind) {
    case 'hand_raised':
      return words('notice.hand', { name: notice.name });
    case 'at_the_door':
      return words('notice.door', { name: notice.name });
    case 'chat':
      return words('notice.chat', { name: notice.author, text: shortened(notice.text) });
    case 'file_received':
      return words('notice.file', { name: notice.by, file: notice.name });
    case 'let_in':
      return words('notice.let_in');
    case 'muted':
      return notice.source === 'screen_audio'
        ? null
        : words(`notice.muted.${notice.source}`, { name: notice.by });
    case 'rights':
      return rightsText(notice, words);
    case 'joined':
    case 'left':
    case 'failed':
    case 'device_replaced':
    case 'back_online':
    case 'role':
    case 'too_long':
    case 'withheld':
      return null;
  }
}

/** Says why a session that was under way is over; null while it is not, or by one's own will. */
export function endText(phase: Phase, words: Words, locale: Locale): string | null {
  switch (phase.kind) {
    case 'refused':
      return typeset(locale, `${phase.refusal.title}. ${phase.refusal.message}`);
    case 'ended':
      return words('ended.title');
    case 'superseded':
      return words('superseded.title');
    case 'broken':
      return words('broken.title');
    case 'outside':
    case 'entering':
    case 'waiting':
    case 'inside':
    case 'left':
    case 'login_required': // renewed unseen where that can be (`keepLogin`)
      return null;
  }
}

function shortened(text: string): string {
  if (text.length <= MOST_CHARACTERS) {
    return text;
  }
  // Cut where a reader sees a character end, not inside an emoji.
  const ends = [...new Intl.Segmenter().segment(text)].map(({ index }) => index);
  return `${text.slice(0, ends.findLast(end => end < MOST_CHARACTERS) ?? 0)}…`;
}
