/**
 * Uploads under way in this browser: a few at a time, each going on where it
 * stopped when the line breaks, and on asking even after a reload.
 */
import type { Upload } from 'tus-js-client';

import { Store } from '../client/observable';
import type { FileRule, RefusalView } from '../protocol/messages';

import type { FilesApi } from './api';
import { forget } from './leftUploads';

export interface UploadTarget {
  folder: string;
  rule: FileRule;
  /** For `person`: the participant. */
  recipient: string | null;
}

export type UploadState =
  | { kind: 'waiting' }
  | { kind: 'sending' }
  /** The line broke, or the service cannot take it now; what it said of that, if it did. */
  | { kind: 'stopped'; refusal: RefusalView | null }
  | { kind: 'refused'; refusal: RefusalView | null };

export interface ShownUpload {
  id: number;
  name: string;
  sentBytes: number;
  sizeBytes: number;
  state: UploadState;
}

/** Small enough that a broken line costs little, large enough for a fast one. */
const PIECE_BYTES = 4 * 1024 * 1024;
const AT_A_TIME = 2;
const RETRY_DELAYS_MS = [0, 500, 1500, 4000, 10_000, 20_000, 30_000];

interface Waiting {
  id: number;
  file: File;
  target: UploadTarget;
}

export class Uploads {
  readonly store = new Store<ReadonlyArray<ShownUpload>>([]);
  private readonly waiting: Waiting[] = [];
  private readonly running = new Map<number, Upload>();
  private lastId = 0;
  private sending = 0;

  constructor(
    private readonly api: FilesApi,
    private readonly onDone: () => void,
  ) {}

  add(files: Iterable<File>, target: UploadTarget): void {
    for (const file of files) {
      this.lastId += 1;
      const upload = { id: this.lastId, file, target };
      this.waiting.push(upload);
      this.store.update(shown => [
        ...shown,
        {
          id: upload.id,
          name: file.name,
          sentBytes: 0,
          sizeBytes: file.size,
          state: { kind: 'waiting' },
        },
      ]);
    }
    this.next();
  }

  /** Tries again from where it stopped. */
  resume(id: number): void {
    const upload = this.running.get(id);
    if (upload) {
      this.sending += 1;
      this.show(id, { state: { kind: 'sending' } });
      upload.start();
    }
  }

  /** Gives an upload up, here and on the server. */
  cancel(id: number): void {
    const index = this.waiting.findIndex(one => one.id === id);
    if (index >= 0) {
      this.waiting.splice(index, 1);
    }
    const isSending = this.store.get().some(one => one.id === id && one.state.kind === 'sending');
    const upload = this.running.get(id);
    this.running.delete(id);
    // What is gone already need not be taken away.
    void upload?.abort(true).catch(() => undefined);
    if (upload?.url) {
      forget(localStorage, this.api.uploadsUrl, upload.url);
    }
    this.drop(id);
    if (isSending) {
      this.ended();
    }
  }

  private next(): void {
    while (this.sending < AT_A_TIME) {
      const upload = this.waiting.shift();
      if (!upload) {
        return;
      }
      this.sending += 1;
      void this.send(upload);
    }
  }

  private async send({ id, file, target }: Waiting): Promise<void> {
    this.show(id, { state: { kind: 'sending' } });
    const tus = await import('tus-js-client');
    const upload = new tus.Upload(file, {
      endpoint: this.api.uploadsUrl,
      headers: this.api.headers,
      metadata: {
        filename: file.name,
        folder: target.folder,
        rule: target.rule,
        ...(target.recipient === null ? {} : { recipient: target.recipient }),
      },
      chunkSize: PIECE_BYTES,
      retryDelays: RETRY_DELAYS_MS,
      removeFingerprintOnSuccess: true,
      fingerprint: () =>
        Promise.resolve(
          [
            'webvisio',
            this.api.uploadsUrl,
            target.folder,
            target.rule,
            target.recipient,
            file.name,
            file.size,
            file.lastModified,
          ].join('|'),
        ),
      onProgress: sentBytes => {
        this.show(id, { sentBytes });
      },
      onShouldRetry: error => {
        const status = 'originalResponse' in error ? (error.originalResponse?.getStatus() ?? 0) : 0;
        return !isFinal(status) && (status === 0 || status === 409 || status >= 500);
      },
      onSuccess: () => {
        this.running.delete(id);
        this.drop(id);
        this.onDone();
        this.ended();
      },
      onError: error => {
        const response = 'originalResponse' in error ? error.originalResponse : null;
        const refusal = response && refusalIn(response.getBody());
        const isOver = response !== null && (isFinal(response.getStatus()) || response.getStatus() === 409);
        this.show(id, { state: { kind: isOver ? 'refused' : 'stopped', refusal } });
        this.ended();
      },
    });
    if (!this.store.get().some(one => one.id === id)) {
      this.ended();
      return;
    }
    this.running.set(id, upload);
    const [previous] = await upload.findPreviousUploads();
    if (previous) {
      upload.resumeFromPreviousUpload(previous);
    }
    upload.start();
  }

  private ended(): void {
    this.sending -= 1;
    this.next();
  }

  private show(id: number, change: Partial<ShownUpload>): void {
    this.store.update(shown => shown.map(one => (one.id === id ? { ...one, ...change } : one)));
  }

  private drop(id: number): void {
    this.store.update(shown => shown.filter(one => one.id !== id));
  }
}

/** What trying again does not change: the file, or the place that the contract has for it (507). */
function isFinal(status: number): boolean {
  return (status >= 400 && status < 500 && status !== 409) || status === 507;
}

function refusalIn(body: string): RefusalView | null {
  try {
    // Our own service's problem details; anything else has no title.
    const found = JSON.parse(body) as Partial<RefusalView>;
    return found.title !== undefined && found.message !== undefined ? (found as RefusalView) : null;
  } catch {
    return null;
  }
}
