/** The frame of every screen outside of the room itself: the mark, the language, one column of content. */
import type { ReactNode } from 'react';

import { rememberLocale } from '../words';

import { useRoom } from './context';
import { Mark } from './icons';

export function Shell({ children, wide = false }: { children: ReactNode; wide?: boolean }) {
  const { place } = useRoom();
  return (
    <div className={`wv-shell ${wide ? 'wv-shell-wide' : ''}`}>
      {place === 'page' && (
        <header className="wv-masthead">
          <Brand />
          <LanguageSwitch />
        </header>
      )}
      <main className="wv-shell-main">{children}</main>
    </div>
  );
}

export function Brand() {
  const { words } = useRoom();
  return (
    <span className="wv-brand">
      <Mark />
      <span>{words('brand.name')}</span>
    </span>
  );
}

export function LanguageSwitch() {
  const { session, words, locale } = useRoom();
  return (
    <div className="wv-language" role="group" aria-label={words('language.switch')}>
      {(['fr', 'en'] as const).map(one => (
        <button
          key={one}
          type="button"
          lang={one}
          aria-pressed={locale === one}
          aria-label={`${one.toUpperCase()}, ${words(`language.${one}`)}`}
          data-testid={`language-${one}`}
          onClick={() => {
            rememberLocale(one);
            session.locale.set(one);
          }}
        >
          {one.toUpperCase()}
        </button>
      ))}
    </div>
  );
}
