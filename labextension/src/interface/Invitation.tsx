/** How others come in: the link, its QR code, a text to send, and what guests need besides. */
import qrcode from 'qrcode-generator';
import { useMemo } from 'react';

import { moderates } from '../client';

import { useRoom, useSnapshot } from './context';
import { CopyButton } from './controls';

/** `openSettings` leads to where guests' access is decided, for whoever may. */
export function Invitation({ openSettings }: { openSettings: () => void }) {
  const { session, words } = useRoom();
  const state = useSnapshot();
  const { room } = state;
  const access = room?.isGuestAccessOpen ? 'guests' : 'members';
  const link = session.invitation;
  const text = words(room?.isGuestAccessOpen ? 'invite.text.guest' : 'invite.text', {
    room: room?.name ?? '',
    link,
  });
  return (
    <div className="wv-invitation">
      <QrCode text={link} label={words('invite.qr')} />
      <div className="wv-invitation-link">
        <label>
          <span>{words('invite.link')}</span>
          <input
            readOnly
            value={link}
            data-testid="invite-link"
            onFocus={event => {
              event.target.select();
            }}
          />
        </label>
        <div className="wv-invitation-actions">
          <CopyButton look="primary" text={text} label={words('invite.copy')} testId="copy-invitation" />
          <CopyButton text={link} label={words('invite.copy.link')} testId="copy-link" />
        </div>
        <p className="wv-invitation-access">
          {words(`invite.${access}`)}{' '}
          {moderates(state) && (
            <button
              type="button"
              className="wv-text-button"
              data-testid="invite-settings"
              onClick={openSettings}
            >
              {words(`invite.${access}.change`)}
            </button>
          )}
        </p>
      </div>
    </div>
  );
}

/** Modules of white around a code; less and some phones do not find it. */
const QUIET_ZONE = 4;

function QrCode({ text, label }: { text: string; label: string }) {
  const { path, size } = useMemo(() => {
    const code = qrcode(0, 'M');
    code.addData(text);
    code.make();
    const count = code.getModuleCount();
    const parts: string[] = [];
    for (let row = 0; row < count; row += 1) {
      for (let column = 0; column < count; column += 1) {
        if (code.isDark(row, column)) {
          parts.push(`M${column + QUIET_ZONE} ${row + QUIET_ZONE}h1v1h-1z`);
        }
      }
    }
    return { path: parts.join(''), size: count + 2 * QUIET_ZONE };
  }, [text]);
  return (
    <svg
      className="wv-qr"
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label={label}
      shapeRendering="crispEdges"
    >
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}
