/**
 * What others' notebooks may bring into this page: markup, never behaviour.
 *
 * Scripts, forms, frames and event handlers are taken out (DOMPurify), pictures
 * come with the notebook or not at all (no address of anybody is asked), and
 * links open elsewhere. What is left is shown in a shadow tree of its own
 * (`Markup.tsx`), so that its styles and names reach nothing of the room.
 */
import createPurifier, { type DOMPurify } from 'dompurify';

let purifier: DOMPurify | null = null;

const FORBIDDEN = [
  'form',
  'input',
  'button',
  'select',
  'option',
  'textarea',
  'iframe',
  'frame',
  'object',
  'embed',
  'audio',
  'video',
  'dialog',
  'link',
  'meta',
  'base',
];
/** A reference to anything but data that is already here, in a style. */
const FOREIGN_REFERENCE = /url\(\s*(?!['"]?data:)|@import|image-set\(/i;

export interface CleanMarkup {
  fragment: DocumentFragment;
  styles: readonly string[];
  /** Whether anything is left to see. */
  isVisible: boolean;
}

export function clean(html: string): CleanMarkup {
  const fragment = purifierOf().sanitize(html, {
    USE_PROFILES: { html: true, svg: true, mathMl: true },
    FORBID_TAGS: FORBIDDEN,
    FORBID_ATTR: ['srcset', 'ping', 'action', 'formaction', 'autofocus', 'tabindex'],
    ADD_TAGS: ['style'],
    FORCE_BODY: true,
    RETURN_DOM_FRAGMENT: true,
  });
  const styles: string[] = [];
  for (const style of fragment.querySelectorAll('style')) {
    const css = style.textContent ?? '';
    if (!FOREIGN_REFERENCE.test(css)) {
      styles.push(css);
    }
    style.remove();
  }
  const isVisible =
    (fragment.textContent ?? '').trim() !== '' ||
    fragment.querySelector('img, svg, math, hr, table') !== null;
  return { fragment, styles, isVisible };
}

function purifierOf(): DOMPurify {
  if (!purifier) {
    const made = createPurifier(window);
    made.addHook('afterSanitizeAttributes', element => {
      if (element.tagName === 'A' || element.tagName === 'a') {
        const href = element.getAttribute('href') ?? '';
        if (href !== '' && !href.startsWith('#')) {
          element.setAttribute('target', '_blank');
          element.setAttribute('rel', 'noopener noreferrer');
        }
        element.removeAttribute('xlink:href');
      } else {
        for (const name of ['src', 'href', 'xlink:href', 'poster', 'background']) {
          const value = element.getAttribute(name);
          if (value !== null && !value.startsWith('data:image/') && !value.startsWith('#')) {
            element.removeAttribute(name);
          }
        }
      }
      if (FOREIGN_REFERENCE.test(element.getAttribute('style') ?? '')) {
        element.removeAttribute('style');
      }
    });
    purifier = made;
  }
  return purifier;
}

/** An SVG as a picture: in an `img` nothing of it runs, and it asks for nothing. */
export function svgAsImage(svg: string): string {
  return `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
}
