/** The keys that work in the room, said in one place. */
import type { WordKey } from '../words';

import { useRoom } from './context';
import { Dialog } from './controls';

const KEYS: ReadonlyArray<readonly [key: string, what: WordKey]> = [
  ['M', 'keys.microphone'],
  ['V', 'keys.camera'],
  ['S', 'keys.share'],
  ['H', 'keys.hand'],
  ['C', 'keys.chat'],
  ['P', 'keys.people'],
  ['D', 'keys.materials'],
  ['?', 'keys.help'],
];

export function KeysDialog({ close }: { close: () => void }) {
  const { words, place } = useRoom();
  return (
    <Dialog title={words('keys.title')} close={close}>
      <p>{words(place === 'lab' ? 'keys.explain.lab' : 'keys.explain')}</p>
      <dl className="wv-keys" data-testid="keys">
        {KEYS.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{words(what)}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
