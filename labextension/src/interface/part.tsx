/**
 * A part of the page that is loaded when it is first needed.
 *
 * One that does not come is tried again, then says so in its own place: the
 * room around it goes on. Where the build of this page is no longer served
 * (an update, long ago), loading the page anew is offered, never done: only
 * the person knows whether this is a moment for it.
 */
import { useEffect, useState, type ComponentType, type ReactNode } from 'react';

import { useRoom } from './context';
import { Button } from './controls';

/** Pauses between attempts; a line that was away for a moment needs no words. */
export const RETRY_DELAYS_MS: ReadonlyArray<number> = [500, 2000];

const wait = (milliseconds: number) => new Promise<void>(resolve => setTimeout(resolve, milliseconds));

/** Loads, and tries again after each pause; throws what the last attempt threw. */
export async function persistently<T>(
  load: () => Promise<T>,
  pause: (milliseconds: number) => Promise<void> = wait,
): Promise<T> {
  for (const delay of RETRY_DELAYS_MS) {
    try {
      return await load();
    } catch {
      await pause(delay);
    }
  }
  return load();
}

export type PartComponent<Props> = ComponentType<Props> & {
  /** Fetches the part before it is shown. */
  readonly fetch: () => void;
};

/** Makes a component of a module's default export, which is loaded once; `whileLoading` stands in for it. */
export function part<Props extends object>(
  load: () => Promise<{ default: ComponentType<Props> }>,
  WhileLoading: ComponentType = Nothing,
): PartComponent<Props> {
  let loaded: ComponentType<Props> | null = null;
  let loading: Promise<void> | null = null;
  const fetchOnce = (): Promise<void> => {
    loading ??= persistently(load).then(
      module => {
        loaded = module.default;
      },
      (problem: unknown) => {
        loading = null;
        throw problem;
      },
    );
    return loading;
  };
  function Part(props: Props) {
    const [attempt, setAttempt] = useState(0);
    const [state, setState] = useState<'loading' | 'there' | 'failed'>(loaded ? 'there' : 'loading');
    useEffect(() => {
      if (loaded) {
        setState('there');
        return undefined;
      }
      let isHere = true;
      const arrive = (next: 'there' | 'failed') => () => {
        if (isHere) {
          setState(next);
        }
      };
      setState('loading');
      fetchOnce().then(arrive('there'), arrive('failed'));
      return () => {
        isHere = false;
      };
    }, [attempt]);
    const Loaded = loaded;
    if (Loaded) {
      return <Loaded {...props} />;
    }
    return state === 'failed' ? (
      <PartFailed
        retry={() => {
          setAttempt(attempt + 1);
        }}
      />
    ) : (
      <WhileLoading />
    );
  }
  return Object.assign(Part, {
    fetch: () => {
      fetchOnce().catch(() => undefined);
    },
  });
}

function Nothing(): ReactNode {
  return null;
}

/** Stands where a part should be. */
export function PartFailed({ retry }: { retry: () => void }) {
  const { session, words } = useRoom();
  const [isOutdated, setOutdated] = useState(false);
  useEffect(() => {
    let isHere = true;
    void isBuildGone(session.options.assets).then(isGone => {
      if (isHere) {
        setOutdated(isGone);
      }
    });
    return () => {
      isHere = false;
    };
  }, [session]);
  const reload = (
    <Button
      look={isOutdated ? 'primary' : 'plain'}
      data-testid="part-reload"
      onClick={() => {
        session.reload();
      }}
    >
      {words('broken.reload')}
    </Button>
  );
  return (
    <div
      className="wv-empty wv-part-failed"
      role="alert"
      data-testid="part-failed"
      data-outdated={isOutdated}
    >
      <p>{words(isOutdated ? 'part.outdated' : 'part.failed')}</p>
      <p>{words(session.options.comesBack ? 'part.reload.comes_back' : 'part.reload')}</p>
      <div className="wv-part-actions">
        {!isOutdated && (
          <Button look="primary" data-testid="part-retry" onClick={retry}>
            {words('common.retry')}
          </Button>
        )}
        {reload}
      </div>
    </div>
  );
}

/** Whether the server has no longer what this page was built of; a server that is away says nothing. */
export async function isBuildGone(assets: string, fetcher: typeof fetch = fetch): Promise<boolean> {
  try {
    const answer = await fetcher(`${assets}page.js`, { method: 'HEAD', cache: 'no-store' });
    return answer.status === 404;
  } catch {
    return false;
  }
}
