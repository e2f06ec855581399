/** A side panel; on a narrow room it covers the stage until it is closed. */
import { useEffect, useId, useRef, type ReactNode } from 'react';

import { useRoom } from './context';
import { IconButton } from './controls';

interface PanelProps {
  title: string;
  close: () => void;
  children: ReactNode;
  testId: string;
}

export function Panel({ title, close, children, testId }: PanelProps) {
  const { words } = useRoom();
  const id = useId();
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    box.current?.focus();
  }, []);
  return (
    // Escape must work wherever the focus is inside of the panel.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <aside
      className="wv-panel"
      aria-labelledby={id}
      tabIndex={-1}
      ref={box}
      data-testid={`${testId}-panel`}
      onKeyDown={event => {
        if (event.key === 'Escape' && !event.defaultPrevented) {
          close();
        }
      }}
    >
      <header className="wv-panel-head">
        <h2 id={id}>{title}</h2>
        <IconButton
          icon="close"
          label={words('common.close')}
          onClick={close}
          data-testid={`${testId}-close`}
        />
      </header>
      {children}
    </aside>
  );
}
