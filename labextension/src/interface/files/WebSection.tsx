/** Browsing together, in the Materials panel: an address, and everybody is there. */
import { useState, type FormEvent } from 'react';

import { moderates } from '../../client';
import { islandWords } from '../../islands/words';
import { useClient, useRoom, useSnapshot } from '../context';
import { Button } from '../controls';
import { Icon } from '../icons';
import { addressOf } from '../presented/address';

export default function WebSection() {
  const { locale } = useRoom();
  const words = islandWords(locale);
  const client = useClient();
  const state = useSnapshot();
  const [typed, setTyped] = useState('');
  const address = addressOf(typed);
  if (!moderates(state)) {
    return null;
  }
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (address !== null) {
      client.present({ kind: 'web', target: address, page: null, by: null });
      setTyped('');
    }
  };
  return (
    <section className="wv-materials-section" data-testid="materials-web">
      <header>
        <Icon name="globe" />
        <h3>{words('web')}</h3>
      </header>
      <form className="wv-web-form" onSubmit={submit}>
        <input
          type="text"
          inputMode="url"
          placeholder="https://"
          aria-label={words('web.address')}
          value={typed}
          data-testid="web-new"
          onChange={event => {
            setTyped(event.target.value);
          }}
        />
        <Button type="submit" disabled={address === null} data-testid="web-present">
          {words('web.go')}
        </Button>
      </form>
    </section>
  );
}
