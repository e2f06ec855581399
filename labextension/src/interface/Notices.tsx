/** What just happened, said once: toasts for the eye, live regions for the ear, sounds where they help. */
import { useEffect, useState } from 'react';

import { moderates } from '../client';
import { play, type Chime } from '../client/sound';
import type { Notice } from '../client/state';
import { typeset, type Locale, type Words } from '../words';

import { useClient, useRoom, useStore } from './context';
import { IconButton } from './controls';
import { Icon, type IconName } from './icons';
import { rightsText } from './rights';

interface Toast {
  key: number;
  text: string;
  icon: IconName;
  isUrgent: boolean;
  act?: () => void;
}

const MOST_TOASTS = 3;
const SHOWN_MS = 5000;
const URGENT_SHOWN_MS = 10_000;

interface NoticesProps {
  /** The chat is being looked at: its lines need no toast. */
  isChatOpen: boolean;
  openChat: () => void;
  openPeople: () => void;
}

export function Notices({ isChatOpen, openChat, openPeople }: NoticesProps) {
  const { words, locale } = useRoom();
  const client = useClient();
  const [toasts, setToasts] = useState<ReadonlyArray<Toast>>([]);
  const [said, setSaid] = useState('');
  const { reactions, participants } = useStore(client.store);

  useEffect(() => {
    let key = 0;
    const timers = new Set<ReturnType<typeof setTimeout>>();
    const unsubscribe = client.notices.subscribe(notice => {
      const chime = chimeOf(notice, moderates(client.store.get()));
      if (chime) {
        void play(chime, client.devices.store.get().chosen.speaker).catch(() => undefined);
      }
      const device = notice.kind === 'device_replaced' ? deviceLabel(client, notice.device) : null;
      const text = textOf(notice, words, locale, device);
      // The same words twice are two events: a live region that does not change says nothing.
      setSaid(before => (before === text ? `${text}\u00a0` : text));
      if (notice.kind === 'chat' && isChatOpen) {
        return;
      }
      key += 1;
      const toast: Toast = {
        key,
        text,
        icon: isLoss(notice) ? 'warning' : ICONS[notice.kind],
        isUrgent: URGENT.has(notice.kind) || isLoss(notice),
        ...(notice.kind === 'chat' ? { act: openChat } : {}),
        ...(notice.kind === 'at_the_door' || notice.kind === 'hand_raised' ? { act: openPeople } : {}),
      };
      setToasts(shown => [...shown, toast].slice(-MOST_TOASTS));
      const timer = setTimeout(
        () => {
          timers.delete(timer);
          setToasts(shown => shown.filter(one => one.key !== toast.key));
        },
        toast.isUrgent ? URGENT_SHOWN_MS : SHOWN_MS,
      );
      timers.add(timer);
    });
    return () => {
      unsubscribe();
      timers.forEach(clearTimeout);
    };
  }, [client, words, locale, isChatOpen, openChat, openPeople]);

  const reaction = reactions.at(-1);
  const reactor = participants.find(one => one.participantId === reaction?.participantId);
  return (
    <>
      <div className="wv-hidden" role="status" aria-live="polite" data-testid="announcement">
        {said}
      </div>
      <div className="wv-hidden" role="status" aria-live="polite">
        {reaction && reactor ? `${reactor.name} ${words(`reaction.${reaction.reaction}`)}` : ''}
      </div>
      <ul className="wv-toasts">
        {toasts.map(toast => (
          <li
            key={toast.key}
            className={`wv-toast ${toast.isUrgent ? 'wv-toast-urgent' : ''}`}
            data-testid="toast"
          >
            <Icon name={toast.icon} />
            {toast.act ? (
              <button type="button" className="wv-toast-text" onClick={toast.act}>
                {toast.text}
              </button>
            ) : (
              <span className="wv-toast-text">{toast.text}</span>
            )}
            <IconButton
              icon="close"
              label={words('notice.dismiss')}
              onClick={() => {
                setToasts(shown => shown.filter(one => one.key !== toast.key));
              }}
            />
          </li>
        ))}
      </ul>
    </>
  );
}

const URGENT: ReadonlySet<Notice['kind']> = new Set([
  'failed',
  'muted',
  'device_replaced',
  'too_long',
  'withheld',
]);

/** Something is taken from this person: it must not be missed. */
function isLoss(notice: Notice): boolean {
  return notice.kind === 'rights' && notice.taken.length > 0;
}

const ICONS: Record<Notice['kind'], IconName> = {
  joined: 'people',
  left: 'people',
  hand_raised: 'hand',
  chat: 'chat',
  at_the_door: 'door',
  let_in: 'door',
  muted: 'microphoneOff',
  failed: 'warning',
  device_replaced: 'microphone',
  back_online: 'check',
  file_received: 'sheet',
  role: 'people',
  rights: 'check',
  too_long: 'warning',
  withheld: 'warning',
};

function chimeOf(notice: Notice, isModerator: boolean): Chime | null {
  switch (notice.kind) {
    case 'let_in':
      return 'let_in';
    case 'at_the_door':
      return isModerator ? 'at_the_door' : null;
    case 'hand_raised':
      return isModerator ? 'hand' : null;
    case 'joined':
    case 'left':
    case 'chat':
    case 'muted':
    case 'failed':
    case 'device_replaced':
    case 'back_online':
    case 'file_received':
    case 'role':
    case 'rights':
    case 'too_long':
    case 'withheld':
      return null;
  }
}

/** The name of the device now in use, or null when there is none. */
function deviceLabel(client: ReturnType<typeof useClient>, kind: 'microphone' | 'camera'): string | null {
  return client.devices.store.get().tracks[kind]?.label ?? null;
}

/** Longest piece of a chat line that a toast shows. */
const TOAST_CHAT = 120;

function textOf(notice: Notice, words: Words, locale: Locale, device: string | null): string {
  switch (notice.kind) {
    case 'joined':
      return words('notice.joined', { name: notice.name });
    case 'left':
      return words(notice.wasRemoved ? 'notice.removed' : 'notice.left', { name: notice.name });
    case 'hand_raised':
      return words('notice.hand', { name: notice.name });
    case 'chat': {
      const text = notice.text.length > TOAST_CHAT ? `${notice.text.slice(0, TOAST_CHAT)}…` : notice.text;
      return words('notice.chat', { name: notice.author, text });
    }
    case 'at_the_door':
      return words('notice.door', { name: notice.name });
    case 'let_in':
      return words('notice.let_in');
    case 'muted':
      return words(
        notice.source === 'microphone'
          ? 'notice.muted.microphone'
          : notice.source === 'camera'
            ? 'notice.muted.camera'
            : 'notice.muted.screen',
        { name: notice.by },
      );
    case 'failed':
      return `${typeset(locale, notice.refusal.title)}. ${typeset(locale, notice.refusal.message)}`;
    case 'device_replaced':
      return device === null
        ? words(`notice.device.gone.${notice.device}`)
        : words(`notice.device.${notice.device}`, { device });
    case 'back_online':
      return words('notice.back');
    case 'file_received':
      return words('notice.file', { name: notice.by, file: notice.name });
    case 'role':
      return words('notice.role', { role: words(`role.${notice.role}`) });
    case 'rights':
      return rightsText(notice, words);
    case 'too_long': {
      const number = new Intl.NumberFormat(locale);
      const values = { pasted: number.format(notice.pasted), most: number.format(notice.most) };
      return words('notice.too_long', values);
    }
    case 'withheld':
      return words('notice.withheld', { what: words(`rights.${notice.feature}`) });
  }
}
