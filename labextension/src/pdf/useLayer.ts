/** The annotations of a document: on which pages there are some, and whether one may draw. */
import { useEffect, useState } from 'react';

import type { BoardElement } from '../board/excalidraw';
import { pagesOf } from '../board/sheet';
import type { LiveDocument } from '../documents';
import { useLiveDocument } from '../interface/useLiveDocument';

export interface Layer {
  live: LiveDocument;
  pages: ReadonlySet<number>;
  mayDraw: boolean;
}

const NONE: ReadonlySet<number> = new Set();

/** Null without annotations, and until they are here. */
export function useLayer(url: string | null): Layer | null {
  const live = useLiveDocument(url);
  const [layer, setLayer] = useState<Layer | null>(null);
  useEffect(() => {
    setLayer(null);
    if (!live) {
      return undefined;
    }
    let doc: unknown = null;
    let unobserve: () => void = () => undefined;
    let pages = NONE;
    const look = () => {
      const state = live.store.get();
      const mayDraw = state.access === 'write';
      setLayer(present =>
        state.access === null
          ? present
          : present?.live === live && present.pages === pages && present.mayDraw === mayDraw
            ? present
            : { live, pages, mayDraw },
      );
    };
    const attach = () => {
      const state = live.store.get();
      if (state.doc !== doc) {
        unobserve();
        doc = state.doc;
        const elements = state.doc.getMap<BoardElement>('elements');
        const count = () => {
          const found = pagesOf(elements.values());
          if (found.size !== pages.size || [...found].some(page => !pages.has(page))) {
            pages = found;
            look();
          }
        };
        elements.observe(count);
        unobserve = () => {
          elements.unobserve(count);
        };
      }
      look();
    };
    const unsubscribe = live.store.subscribe(attach);
    attach();
    return () => {
      unsubscribe();
      unobserve();
    };
  }, [live]);
  return layer;
}
