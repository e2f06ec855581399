/** Gives the button of Excalidraw's menu, which is three bars alone, a name that a screen reader says. */
import { useEffect, useRef, type RefObject } from 'react';

/** For the element around Excalidraw, which draws the button anew as it becomes narrow or wide. */
export function useNamedMenu(name: string): RefObject<HTMLDivElement> {
  const around = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = around.current;
    if (!element) {
      return undefined;
    }
    const give = () => {
      for (const button of element.getElementsByClassName('main-menu-trigger')) {
        button.setAttribute('aria-label', name);
      }
    };
    const observer = new MutationObserver(give);
    observer.observe(element, { childList: true, subtree: true });
    give();
    return () => {
      observer.disconnect();
    };
  }, [name]);
  return around;
}
