/**
 * Names of a room's notebooks in the drive, and back.
 *
 * A path is `ROOM/NAME.ipynb`; a trainee's copy of an exercise lies in a folder
 * of its own, `ROOM/Exercises/OWNER/NAME.ipynb`. Two documents of one name are told apart by their
 * identifier, so that a path never comes to mean another document.
 */
import type { DocumentView } from '../../protocol/messages';

export interface NamedDocument {
  path: string;
  document: DocumentView;
}

const EXTENSION = '.ipynb';

/** A name as one part of a path. */
export function pathPart(name: string): string {
  const plain = name.replace(/[/\\:]/g, '-').trim();
  return plain === '' || plain === '.' || plain === '..' ? '_' : plain;
}

/** Notebooks of a room with their paths inside of it, in the service's order. */
export function namedNotebooks(
  documents: readonly DocumentView[],
  exercises: string,
): readonly NamedDocument[] {
  const taken = new Set<string>();
  return documents
    .filter(document => document.kind === 'notebook' && document.access !== 'none')
    .map(document => {
      const base = pathPart(
        document.name.endsWith(EXTENSION) ? document.name.slice(0, -EXTENSION.length) : document.name,
      );
      const folder = document.copy ? `${exercises}/${pathPart(document.copy.ownerName)}/` : '';
      const wish = `${folder}${base}${EXTENSION}`;
      const path = taken.has(wish)
        ? `${folder}${base} (${document.documentId.slice(0, 6)})${EXTENSION}`
        : wish;
      taken.add(wish);
      return { path, document };
    });
}

/** Splits a drive path into the room and the rest; null at the root. */
export function roomOfPath(path: string): { roomId: string; rest: string } | null {
  const [roomId, ...rest] = path.split('/').filter(part => part !== '');
  return roomId === undefined ? null : { roomId, rest: rest.join('/') };
}

/** What lies directly in `folder` ('' for the room itself): folders by name, and documents. */
export function entriesOf(
  named: readonly NamedDocument[],
  folder: string,
): { folders: readonly string[]; documents: readonly NamedDocument[] } {
  const prefix = folder === '' ? '' : `${folder}/`;
  const inside = named.filter(one => one.path.startsWith(prefix));
  const folders = new Set<string>();
  const documents: NamedDocument[] = [];
  for (const one of inside) {
    const [first, ...deeper] = one.path.slice(prefix.length).split('/');
    if (deeper.length > 0 && first !== undefined) {
      folders.add(first);
    } else {
      documents.push(one);
    }
  }
  return { folders: [...folders], documents };
}
