/** What of a room's files lies in one folder, and how sizes are written. Pure. */
import type { FileList, FileView } from '../protocol/messages';
import type { Locale } from '../words';

export interface Folder {
  path: string;
  name: string;
}

export interface Listing {
  folders: ReadonlyArray<Folder>;
  files: ReadonlyArray<FileView>;
}

/** The folders and files right in `folder` ("" is the top), by name as people sort. */
export function listingOf(list: FileList, folder: string, locale: Locale): Listing {
  const compare = new Intl.Collator(locale, { numeric: true, sensitivity: 'base' }).compare;
  const below = folder === '' ? '' : `${folder}/`;
  return {
    folders: list.folders
      .filter(path => path.startsWith(below) && path !== folder && !path.slice(below.length).includes('/'))
      .map(path => ({ path, name: path.slice(below.length) }))
      .sort((a, b) => compare(a.name, b.name)),
    files: list.files.filter(file => file.folder === folder).sort((a, b) => compare(a.name, b.name)),
  };
}

/** The way from the top to a folder, both included. */
export function trail(folder: string): ReadonlyArray<Folder> {
  const parts = folder === '' ? [] : folder.split('/');
  return [
    { path: '', name: '' },
    ...parts.map((name, index) => ({ path: parts.slice(0, index + 1).join('/'), name })),
  ];
}

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;

export function sizeOf(bytes: number, locale: Locale): string {
  const power = Math.min(UNITS.length - 1, bytes < 1000 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return new Intl.NumberFormat(locale, {
    style: 'unit',
    unit: UNITS[power],
    unitDisplay: power === 0 ? 'long' : 'short',
    maximumFractionDigits: value < 10 && power > 0 ? 1 : 0,
  }).format(value);
}

/** What a viewer is there for; everything else can be downloaded. */
export type Shown = 'pdf' | 'picture' | 'page';
const PICTURES: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);

export function shownAs(file: FileView): Shown | null {
  if (file.contentType === 'application/pdf') {
    return 'pdf';
  }
  if (file.contentType === 'text/html') {
    return 'page';
  }
  return PICTURES.has(file.contentType) ? 'picture' : null;
}
