/** Shows an island: loads it, mounts it, tells it what changes. */
import { useEffect, useRef, useState } from 'react';

import { useRoom } from '../interface/context';
import { PartFailed, persistently } from '../interface/part';

import type { IslandHandle, IslandName, Islands } from './contract';
import { loadIsland } from './load';

interface IslandViewProps<Name extends IslandName> {
  name: Name;
  props: Islands[Name];
}

export function Island<Name extends IslandName>({ name, props }: IslandViewProps<Name>) {
  const { session, words } = useRoom();
  const box = useRef<HTMLDivElement>(null);
  const handle = useRef<IslandHandle<Islands[Name]> | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const [state, setState] = useState<'loading' | 'shown' | 'failed'>('loading');
  const [attempt, setAttempt] = useState(0);
  const { assets } = session.options;

  useEffect(() => {
    let isHere = true;
    // An element of its own each time: React owns what it once rendered into.
    const element = document.createElement('div');
    element.className = 'wv-island-root';
    box.current?.append(element);
    setState('loading');
    persistently(() => loadIsland(assets, name)).then(
      module => {
        if (isHere) {
          handle.current = module.mount(element, latest.current);
          setState('shown');
        }
      },
      () => {
        if (isHere) {
          setState('failed');
        }
      },
    );
    return () => {
      isHere = false;
      const shown = handle.current;
      handle.current = null;
      // Not while React renders this tree: the island is another root.
      queueMicrotask(() => {
        shown?.dispose();
        element.remove();
      });
    };
  }, [assets, name, attempt]);

  useEffect(() => {
    handle.current?.update(props);
  }, [props]);

  return (
    <div className="wv-island" ref={box} data-testid={`island-${name}`} data-state={state}>
      {state === 'loading' && (
        <p className="wv-loading" role="status">
          <span className="wv-spinner" aria-hidden="true" /> {words('common.loading')}
        </p>
      )}
      {state === 'failed' && (
        <PartFailed
          retry={() => {
            setAttempt(attempt + 1);
          }}
        />
      )}
    </div>
  );
}
