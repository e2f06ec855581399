import { describe, expect, it } from 'vitest';

import { listingOf, shownAs, sizeOf, trail } from '../../src/files/listing';
import { addressOf, canTryFraming } from '../../src/interface/presented/address';
import type { FileList, FileView } from '../../src/protocol/messages';

function file(name: string, folder = '', contentType = 'text/plain'): FileView {
  return {
    fileId: name,
    name,
    folder,
    rule: 'everybody',
    contentType,
    sizeBytes: 1,
    sha256: '',
    version: 1,
    ownerName: 'Claire',
    recipientName: null,
    isMine: true,
    mayManage: true,
    changedAt: '',
  };
}

const LIST: FileList = {
  files: [file('b10.txt'), file('b9.txt'), file('deep.txt', 'a/b'), file('É.txt')],
  folders: ['a', 'a/b', 'ab'],
  mayUpload: true,
  usedBytes: 0,
  quotaBytes: 1,
  maxFileBytes: 1,
};

describe('a folder', () => {
  it('shows only what lies right in it, as people sort', () => {
    const top = listingOf(LIST, '', 'fr');
    expect(top.folders.map(one => one.path)).toEqual(['a', 'ab']);
    expect(top.files.map(one => one.name)).toEqual(['b9.txt', 'b10.txt', 'É.txt']);
    expect(listingOf(LIST, 'a', 'fr').folders).toEqual([{ path: 'a/b', name: 'b' }]);
    expect(listingOf(LIST, 'a/b', 'fr').files.map(one => one.name)).toEqual(['deep.txt']);
  });

  it('knows the way back', () => {
    expect(trail('a/b').map(one => one.path)).toEqual(['', 'a', 'a/b']);
    expect(trail('')).toHaveLength(1);
  });
});

describe('a file', () => {
  it('tells its size in the reader’s language', () => {
    expect(sizeOf(999, 'en')).toBe('999 bytes');
    expect(sizeOf(1_500_000, 'en')).toBe('1.5 MB');
    expect(sizeOf(20_000_000_000, 'fr')).toMatch(/^20\sGo$/);
  });

  it('is shown by what it contains', () => {
    expect(shownAs(file('x', '', 'application/pdf'))).toBe('pdf');
    expect(shownAs(file('x', '', 'image/png'))).toBe('picture');
    expect(shownAs(file('x.svg', '', 'image/svg+xml'))).toBeNull();
  });
});

describe('an address for all', () => {
  it.each([
    ['python.org/x', 'https://python.org/x'],
    [' https://docs.python.org/3/ ', 'https://docs.python.org/3/'],
    ['localhost:8000/x', 'https://localhost:8000/x'],
    ['http://127.0.0.1:8000/', 'http://127.0.0.1:8000/'],
  ])('is made whole: %s', (typed, whole) => {
    expect(addressOf(typed)).toBe(whole);
  });

  it.each([
    '',
    'python',
    'two words.org',
    'javascript:alert(1)',
    'data:text/html,x',
    'https://me:secret@x.org',
  ])('is refused: %s', typed => {
    expect(addressOf(typed)).toBeNull();
  });

  it('is not framed from our own site, nor in clear inside a secure page', () => {
    const page = new URL('https://visio.example.org/services/rooms/r/x');
    expect(canTryFraming('https://docs.python.org/', page)).toBe(true);
    expect(canTryFraming('https://visio.example.org/hub/home', page)).toBe(false);
    expect(canTryFraming('http://docs.python.org/', page)).toBe(false);
  });
});
