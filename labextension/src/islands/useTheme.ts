/** Light or dark: JupyterLab's theme inside of it, the system's on the plain page. */
import { useEffect, useState } from 'react';

import type { Place } from '../interface/mount';

import type { Theme } from './contract';

const DARK = '(prefers-color-scheme: dark)';

function themeOf(place: Place): Theme {
  const isDark =
    place === 'lab' ? document.body.dataset['jpThemeLight'] === 'false' : window.matchMedia(DARK).matches;
  return isDark ? 'dark' : 'light';
}

export function useTheme(place: Place): Theme {
  const [theme, setTheme] = useState(() => themeOf(place));
  useEffect(() => {
    const look = () => {
      setTheme(themeOf(place));
    };
    const query = window.matchMedia(DARK);
    const observer = new MutationObserver(look);
    query.addEventListener('change', look);
    observer.observe(document.body, { attributeFilter: ['data-jp-theme-light'] });
    return () => {
      query.removeEventListener('change', look);
      observer.disconnect();
    };
  }, [place]);
  return theme;
}
