/** Why the door is shut: what happened, the clause in plain words, what can be done, a reference. */
import type { ReactNode } from 'react';

import type { RefusalView } from '../protocol/messages';
import { typeset } from '../words';

import { useRoom } from './context';
import { Icon, type IconName } from './icons';
import { Shell } from './Shell';

interface RefusalPageProps {
  refusal: RefusalView;
  /** What the person can press; at least a way to try again. */
  actions: ReactNode;
  roomName?: string;
}

export function RefusalPage({ refusal, actions, roomName }: RefusalPageProps) {
  const { words, locale } = useRoom();
  return (
    <Shell>
      <article
        className="wv-message"
        data-testid="refusal"
        data-code={refusal.code}
        data-clause={refusal.clause ?? ''}
        aria-live="assertive"
      >
        <MessageIcon name="door" />
        {roomName && <p className="wv-eyebrow">{roomName}</p>}
        <h1>{typeset(locale, refusal.title)}</h1>
        <p className="wv-lead">{typeset(locale, refusal.message)}</p>
        {refusal.clause !== null && (
          <aside className="wv-clause">
            <p className="wv-clause-name">{words('refusal.clause', { clause: refusal.clause })}</p>
            <p>{typeset(locale, refusal.clauseText ?? '')}</p>
          </aside>
        )}
        {refusal.remedy !== '' && (
          <>
            <h2>{words('refusal.remedy')}</h2>
            <p>{typeset(locale, refusal.remedy)}</p>
          </>
        )}
        <div className="wv-message-actions">{actions}</div>
        {refusal.reference !== null && (
          <p className="wv-reference">{words('refusal.reference', { reference: refusal.reference })}</p>
        )}
      </article>
    </Shell>
  );
}

interface MessagePageProps {
  icon: IconName;
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
  testId: string;
}

/** Any other screen that says one thing and offers one way on. */
export function MessagePage({ icon, title, children, actions, testId }: MessagePageProps) {
  return (
    <Shell>
      <article className="wv-message" data-testid={testId} aria-live="polite">
        <MessageIcon name={icon} />
        <h1>{title}</h1>
        {children}
        {actions && <div className="wv-message-actions">{actions}</div>}
      </article>
    </Shell>
  );
}

function MessageIcon({ name }: { name: IconName }) {
  return (
    <span className="wv-message-icon">
      <Icon name={name} />
    </span>
  );
}
