/**
 * Uploads that an earlier page of this browser left unfinished: the service
 * still has what arrived, and the same file, chosen again, goes on from there.
 *
 * Read from where tus-js-client remembers them (`tus::FINGERPRINT::NUMBER` in
 * the browser's storage); a page cannot open the file by itself.
 */
import type { FileRule } from '../protocol/messages';

import type { FilesApi } from './api';

export interface LeftUpload {
  key: string;
  url: string;
  name: string;
  sizeBytes: number;
  /** Milliseconds since 1970. */
  begunAt: number;
  folder: string;
  rule: FileRule;
  recipient: string | null;
}

interface Remembered {
  uploadUrl?: unknown;
  size?: unknown;
  creationTime?: unknown;
  metadata?: { filename?: unknown; folder?: unknown; rule?: unknown; recipient?: unknown };
}

/** What was begun in the room whose uploads are at `uploadsUrl`, oldest first. */
export function leftUploads(storage: Storage, uploadsUrl: string): ReadonlyArray<LeftUpload> {
  const begins = `tus::webvisio|${uploadsUrl}|`;
  return Object.keys(storage)
    .filter(key => key.startsWith(begins))
    .flatMap(key => read(key, storage.getItem(key)) ?? [])
    .sort((a, b) => a.begunAt - b.begunAt);
}

/** Lists the upload at `url` no more; the service may have refused it, and then knows nothing of it any more. */
export function forget(storage: Storage, uploadsUrl: string, url: string): void {
  for (const one of leftUploads(storage, uploadsUrl)) {
    if (one.url === url) {
      storage.removeItem(one.key);
    }
  }
}

/** Gives one up, here and on the server. */
export async function discard(api: FilesApi, storage: Storage, upload: LeftUpload): Promise<void> {
  storage.removeItem(upload.key);
  await fetch(upload.url, {
    method: 'DELETE',
    headers: { ...api.headers, 'Tus-Resumable': '1.0.0' },
    credentials: 'same-origin',
  }).catch(() => undefined); // the service gives it up by itself after a while
}

function read(key: string, text: string | null): LeftUpload | null {
  let found: Remembered;
  try {
    // Another script of this origin may have written it: every field is looked at.
    found = (JSON.parse(text ?? '') as Remembered | null) ?? {};
  } catch {
    return null;
  }
  const { uploadUrl, size, creationTime, metadata = {} } = found;
  const { filename, folder, rule, recipient } = metadata;
  if (typeof uploadUrl !== 'string' || typeof size !== 'number' || typeof filename !== 'string') {
    return null;
  }
  return {
    key,
    url: uploadUrl,
    name: filename,
    sizeBytes: size,
    begunAt: typeof creationTime === 'string' ? Date.parse(creationTime) || 0 : 0,
    folder: typeof folder === 'string' ? folder : '',
    rule: rule === 'moderators' || rule === 'person' ? rule : 'everybody',
    recipient: typeof recipient === 'string' ? recipient : null,
  };
}
