/**
 * Browsing together: the trainer opens an address for all.
 *
 * Honest about what browsers forbid: most sites that matter do not let
 * themselves be framed, and no browser tells a page whether one did. So the
 * link is always there beside the frame, and sharing the tab one click away.
 * Our server never fetches an address.
 */
import { useEffect, useState, type FormEvent } from 'react';

import { islandWords } from '../../islands/words';
import { useClient, useRoom } from '../context';
import { Button } from '../controls';
import { useOwnActions } from '../useOwnActions';

import { addressOf, canTryFraming } from './address';
import type { ViewerProps } from './registry';

/** A site that has not answered by then is taken for one that cannot be shown. */
const PATIENCE_MS = 8000;

export default function WebViewer({ subject, isPresented, leads, look }: ViewerProps) {
  const { locale } = useRoom();
  const words = islandWords(locale);
  const client = useClient();
  const { toggleShare } = useOwnActions(client);
  const url = subject.kind === 'web' ? addressOf(subject.url) : null;
  if (url === null) {
    return <p className="wv-empty">{words('web.refused')}</p>;
  }
  const go = (address: string) => {
    if (isPresented) {
      client.present({ kind: 'web', target: address, page: null, by: null });
    } else {
      look({ kind: 'web', url: address });
    }
  };
  return (
    <div className="wv-web" data-testid="web" data-address={url}>
      <div className="wv-web-bar">
        {leads ? <AddressField key={url} address={url} go={go} /> : <p className="wv-web-address">{url}</p>}
        <a
          className="wv-button wv-plain"
          href={url}
          target="_blank"
          rel="noopener noreferrer"
          data-testid="web-open"
        >
          <span>{words('web.open')}</span>
        </a>
        {leads && (
          <Button icon="screen" onClick={toggleShare} data-testid="web-share">
            {words('web.share')}
          </Button>
        )}
      </div>
      {canTryFraming(url, location) ? (
        <Frame key={url} url={url} leads={leads && isPresented} />
      ) : (
        <LinkCard url={url} text={words('web.not_framed')} />
      )}
    </div>
  );
}

function AddressField({ address, go }: { address: string; go: (address: string) => void }) {
  const { locale } = useRoom();
  const words = islandWords(locale);
  const [typed, setTyped] = useState(address);
  const found = addressOf(typed);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (found !== null) {
      go(found);
    }
  };
  return (
    <form className="wv-web-form" onSubmit={submit}>
      <input
        type="text"
        inputMode="url"
        aria-label={words('web.address')}
        aria-invalid={found === null}
        value={typed}
        data-testid="web-address"
        onChange={event => {
          setTyped(event.target.value);
        }}
      />
      <Button type="submit" disabled={found === null} data-testid="web-go">
        {words('web.go')}
      </Button>
    </form>
  );
}

function Frame({ url, leads }: { url: string; leads: boolean }) {
  const { locale } = useRoom();
  const words = islandWords(locale);
  const [state, setState] = useState<'loading' | 'answered' | 'silent'>('loading');
  useEffect(() => {
    if (state !== 'loading') {
      return undefined;
    }
    const handle = setTimeout(() => {
      setState('silent');
    }, PATIENCE_MS);
    return () => {
      clearTimeout(handle);
    };
  }, [state]);
  return (
    <div className="wv-web-frame" data-state={state}>
      {state === 'silent' ? (
        <LinkCard url={url} text={words('web.silent')} />
      ) : (
        <iframe
          src={url}
          title={words('web.frame', { url })}
          sandbox="allow-scripts allow-same-origin allow-forms allow-popups"
          referrerPolicy="no-referrer"
          allow=""
          data-testid="web-frame"
          onLoad={() => {
            setState('answered');
          }}
        />
      )}
      <p className="wv-web-hint">
        {words('web.hint')} {leads && words('web.hint.leads')}
      </p>
    </div>
  );
}

function LinkCard({ url, text }: { url: string; text: string }) {
  const { locale } = useRoom();
  const words = islandWords(locale);
  return (
    <div className="wv-web-card" data-testid="web-card">
      <p>{text}</p>
      <a className="wv-button wv-primary" href={url} target="_blank" rel="noopener noreferrer">
        <span>{words('web.open_host', { host: new URL(url).host })}</span>
      </a>
    </div>
  );
}
