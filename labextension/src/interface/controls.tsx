/** Buttons, menus, dialogs, fields: small, accessible, without a word of their own. */
import {
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
  type ButtonHTMLAttributes,
  type InputHTMLAttributes,
  type KeyboardEvent,
  type ReactNode,
} from 'react';

import { useRoom } from './context';
import { Icon, type IconName } from './icons';

type Look = 'primary' | 'plain' | 'quiet' | 'danger';

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: Look;
  icon?: IconName;
}

export function Button({ look = 'plain', icon, children, className = '', ...rest }: ButtonProps) {
  return (
    <button type="button" className={`wv-button wv-${look} ${className}`} {...rest}>
      {icon && <Icon name={icon} />}
      <span>{children}</span>
    </button>
  );
}

interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  icon: IconName;
  label: string;
}

/** A button that shows only an icon; its words are read aloud and shown on hover. */
export function IconButton({ icon, label, className = '', ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      className={`wv-icon-button ${className}`}
      aria-label={label}
      title={label}
      {...rest}
    >
      <Icon name={icon} />
    </button>
  );
}

interface FieldProps extends InputHTMLAttributes<HTMLInputElement> {
  label: string;
  hint?: string;
  problem?: string | null;
}

export function Field({ label, hint, problem, ...rest }: FieldProps) {
  const id = useId();
  return (
    <div className="wv-field">
      <label htmlFor={id}>{label}</label>
      <input id={id} aria-describedby={`${id}-hint`} aria-invalid={Boolean(problem)} {...rest} />
      <p id={`${id}-hint`} className={problem ? 'wv-field-problem' : 'wv-field-hint'}>
        {problem ?? hint}
      </p>
    </div>
  );
}

/** A password that can be looked at: nobody types a long one blind. */
export function PasswordField(props: FieldProps) {
  const { words } = useRoom();
  const [isShown, show] = useState(false);
  return (
    <div className="wv-password">
      <Field {...props} type={isShown ? 'text' : 'password'} />
      <IconButton
        icon={isShown ? 'eyeOff' : 'eye'}
        label={words(isShown ? 'link.password.hide' : 'link.password.show')}
        aria-pressed={isShown}
        onClick={() => {
          show(!isShown);
        }}
      />
    </div>
  );
}

/** Where a popover opens and what closes it: Escape, a click elsewhere, focus that moves on. */
function usePopover() {
  const [isOpen, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const trigger = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!isOpen) {
      return undefined;
    }
    const away = (event: PointerEvent | FocusEvent) => {
      if (event.target instanceof Node && box.current?.contains(event.target) === false) {
        setOpen(false);
      }
    };
    document.addEventListener('pointerdown', away);
    document.addEventListener('focusin', away);
    return () => {
      document.removeEventListener('pointerdown', away);
      document.removeEventListener('focusin', away);
    };
  }, [isOpen]);
  const close = () => {
    setOpen(false);
    trigger.current?.focus();
  };
  return { isOpen, setOpen, close, box, trigger };
}

export interface MenuItem {
  key: string;
  label: string;
  icon?: IconName;
  /** Set for one of a choice; a radio item is read as such. */
  isChosen?: boolean;
  isDanger?: boolean;
  href?: string;
  act?: () => void;
  testId?: string;
  /** Shown only where the bar is too narrow to have the button itself. */
  isForNarrow?: boolean;
}

export interface MenuGroup {
  key: string;
  label?: string;
  /** As for a single item. */
  isForNarrow?: boolean;
  items: ReadonlyArray<MenuItem>;
}

interface MenuProps {
  label: string;
  groups: ReadonlyArray<MenuGroup>;
  renderTrigger: (props: {
    ref: React.RefObject<HTMLButtonElement>;
    'aria-haspopup': 'menu';
    'aria-expanded': boolean;
    onClick: () => void;
  }) => ReactNode;
  align?: 'start' | 'end' | 'middle';
  side?: 'above' | 'below';
  className?: string;
}

/** A menu button after the ARIA practices: arrows move, Home and End jump, Escape returns. */
export function Menu({
  label,
  groups,
  renderTrigger,
  align = 'end',
  side = 'below',
  className = '',
}: MenuProps) {
  const { isOpen, setOpen, close, box, trigger } = usePopover();
  const list = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (isOpen && list.current && trigger.current) {
      float(list.current, trigger.current, side, align);
      items(list.current)[0]?.focus();
    }
  }, [isOpen, side, align, trigger]);
  const onKeyDown = (event: KeyboardEvent) => {
    const all = items(list.current);
    const at = all.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      all.at(to % all.length)?.focus();
    } else if (event.key === 'Escape') {
      close();
    } else {
      return;
    }
    event.stopPropagation();
  };
  return (
    <div className={`wv-menu ${className}`} ref={box}>
      {renderTrigger({
        ref: trigger,
        'aria-haspopup': 'menu',
        'aria-expanded': isOpen,
        onClick: () => {
          setOpen(!isOpen);
        },
      })}
      {isOpen && (
        <div
          className="wv-popover"
          role="menu"
          aria-label={label}
          tabIndex={-1}
          ref={list}
          onKeyDown={onKeyDown}
        >
          {groups
            .filter(group => group.items.length > 0)
            .map(group => (
              <div
                key={group.key}
                role="group"
                aria-label={group.label ?? label}
                className={`wv-menu-group ${group.isForNarrow ? 'wv-group-narrow' : ''}`}
              >
                {group.label && (
                  <div className="wv-menu-title" aria-hidden="true">
                    {group.label}
                  </div>
                )}
                {group.items.map(item => (
                  <MenuRow key={item.key} item={item} close={close} />
                ))}
              </div>
            ))}
        </div>
      )}
    </div>
  );
}

/** Closest a floating menu comes to the window's edge, in CSS pixels. */
const MARGIN = 8;

/**
 * Floats a menu beside its button, in the browser's top layer: no panel that
 * scrolls cuts it off. It takes the side with room, and stays in the window.
 */
function float(
  list: HTMLElement,
  trigger: HTMLElement,
  side: 'above' | 'below',
  align: 'start' | 'end' | 'middle',
): void {
  // Browsers without popovers show it as a fixed element all the same.
  if ('showPopover' in list) {
    list.setAttribute('popover', 'manual');
    list.showPopover();
  }
  const button = trigger.getBoundingClientRect();
  const room = { above: button.top - 2 * MARGIN, below: window.innerHeight - button.bottom - 2 * MARGIN };
  const other = side === 'above' ? 'below' : 'above';
  const where = list.offsetHeight > room[side] && room[other] > room[side] ? other : side;
  // Never over its own button: a second touch there would choose something.
  list.style.maxHeight = `${room[where]}px`;
  const { offsetWidth: width, offsetHeight: height } = list;
  const top = where === 'above' ? button.top - height - MARGIN : button.bottom + MARGIN;
  const left = {
    start: button.left,
    end: button.right - width,
    middle: button.left + (button.width - width) / 2,
  }[align];
  list.style.top = `${top}px`;
  list.style.left = `${Math.max(MARGIN, Math.min(left, window.innerWidth - width - MARGIN))}px`;
}

function MenuRow({ item, close }: { item: MenuItem; close: () => void }) {
  const className = [
    'wv-menu-item',
    item.isDanger ? 'wv-menu-danger' : '',
    item.isForNarrow ? 'wv-only-narrow' : '',
  ].join(' ');
  const inside = (
    <>
      {item.icon ? <Icon name={item.icon} /> : <span className="wv-icon" />}
      <span>{item.label}</span>
      {item.isChosen && <Icon name="check" className="wv-icon wv-menu-check" />}
    </>
  );
  if (item.href !== undefined) {
    return (
      <a
        className={className}
        role="menuitem"
        tabIndex={-1}
        href={item.href}
        target="_blank"
        rel="noopener"
        data-testid={item.testId}
        onClick={close}
      >
        {inside}
      </a>
    );
  }
  const choice = item.isChosen === undefined ? {} : { 'aria-checked': item.isChosen };
  return (
    <button
      type="button"
      className={className}
      role={item.isChosen === undefined ? 'menuitem' : 'menuitemradio'}
      {...choice}
      tabIndex={-1}
      data-testid={item.testId}
      onClick={() => {
        close();
        item.act?.();
      }}
    >
      {inside}
    </button>
  );
}

function items(list: HTMLElement | null): HTMLElement[] {
  const all = list?.querySelectorAll<HTMLElement>('.wv-menu-item') ?? [];
  return [...all].filter(item => item.offsetParent !== null);
}

interface DialogProps {
  title: string;
  close: () => void;
  children: ReactNode;
  className?: string;
}

/** A modal dialog of the browser's own: focus stays in it, Escape closes it. */
export function Dialog({ title, close, children, className = '' }: DialogProps) {
  const { words } = useRoom();
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  // Closed while it is still in the page: only then does the browser give the focus back.
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => {
      element?.close();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      className={`wv-dialog ${className}`}
      aria-labelledby={id}
      onCancel={event => {
        event.preventDefault();
        close();
      }}
    >
      <div className="wv-dialog-head">
        <h2 id={id}>{title}</h2>
        <IconButton icon="close" label={words('common.close')} onClick={close} />
      </div>
      <div className="wv-dialog-body">{children}</div>
    </dialog>
  );
}

/** Copies a text and says so for a moment. */
export function CopyButton({
  text,
  label,
  look = 'plain',
  testId,
}: {
  text: string;
  label: string;
  look?: Look;
  testId?: string;
}) {
  const { words } = useRoom();
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) {
      return undefined;
    }
    const handle = setTimeout(() => {
      setCopied(false);
    }, 2500);
    return () => {
      clearTimeout(handle);
    };
  }, [isCopied]);
  return (
    <Button
      look={look}
      icon={isCopied ? 'check' : 'copy'}
      data-testid={testId}
      onClick={() => {
        void copyText(text).then(setCopied);
      }}
    >
      <span aria-live="polite">{isCopied ? words('common.copied') : label}</span>
    </Button>
  );
}

/** Copies; where the page may not use the clipboard (no https), by a selection. */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    area.style.position = 'fixed';
    area.style.opacity = '0';
    document.body.append(area);
    area.select();
    // The only way on a page without https.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    const isDone = document.execCommand('copy');
    area.remove();
    return isDone;
  }
}

/** A small round picture of a person without a picture: their initials. */
export function Initials({ name }: { name: string }) {
  return (
    <span className="wv-initials" aria-hidden="true">
      {initialsOf(name)}
    </span>
  );
}

export function initialsOf(name: string): string {
  const parts = name.trim().split(/[\s-]+/u);
  const first = parts[0] ?? '';
  const last = parts.length > 1 ? (parts.at(-1) ?? '') : '';
  const initials = [first, last].map(part => Array.from(part)[0] ?? '').join('');
  return initials.toLocaleUpperCase() || '?';
}
