/**
 * Keeps an Excalidraw scene and a Yjs document the same.
 *
 * Elements are whole values in a map by id. Excalidraw numbers their versions;
 * of two that meet, the later one wins, of equal ones the one with the smaller
 * nonce. Every peer decides so by itself, and the one whose element wins over
 * what the map holds writes it again: all converge, whatever the map kept.
 *
 * Over a document each page has shapes of its own: of the map, only those that
 * carry the page's number are the scene, and what is drawn gets it.
 *
 * Invariant: without the right to write no operation is made; operations that
 * the service drops would leak in later.
 */
import type * as Y from 'yjs';

import type { Cancel, Scheduler } from '../client/scheduler';

import type { AppState, BoardApi, BoardElement, BoardFile } from './excalidraw';
import { picturesOf } from './harmless';
import { pageOf } from './sheet';

/** While somebody draws, their stroke is sent so often. */
export const WRITE_INTERVAL_MS = 40;

export interface SceneRules {
  restored: (elements: ReadonlyArray<BoardElement>) => ReadonlyArray<BoardElement>;
  reconciled: (
    local: ReadonlyArray<BoardElement>,
    remote: ReadonlyArray<BoardElement>,
    appState: AppState,
  ) => ReadonlyArray<BoardElement>;
  notMine: unknown;
}

export class BoardBinding {
  private readonly elements: Y.Map<BoardElement>;
  private readonly files: Y.Map<BoardFile>;
  private readonly settings: Y.Map<string>;
  /** The version and nonce of each element as the map has it. */
  private readonly written = new Map<string, string>();
  private latest: ReadonlyArray<BoardElement> | null = null;
  private cancelWrite: Cancel | null = null;
  private wroteAtMs = -Infinity;

  constructor(
    private readonly doc: Y.Doc,
    private readonly api: BoardApi,
    private readonly mayWrite: boolean,
    private readonly rules: SceneRules,
    private readonly scheduler: Scheduler,
    private readonly page: number | null = null,
  ) {
    this.elements = doc.getMap('elements');
    this.files = doc.getMap('files');
    this.settings = doc.getMap('state');
    for (const element of this.here(this.elements.values())) {
      this.written.set(element.id, stampOf(element));
    }
    this.elements.observe(this.onElements);
    this.files.observe(this.onFiles);
    this.settings.observe(this.onSettings);
    api.addFiles(picturesOf(this.files.values()));
  }

  /** The scene changed here; written at once, then at most every `WRITE_INTERVAL_MS`. */
  changed(elements: ReadonlyArray<BoardElement>, appState: AppState): void {
    if (!this.mayWrite) {
      return;
    }
    this.latest = elements;
    const background = this.page === null ? appState.viewBackgroundColor : '';
    if (background && background !== (this.settings.get('viewBackgroundColor') ?? background)) {
      this.write(() => this.settings.set('viewBackgroundColor', background));
    } else if (background && !this.settings.has('viewBackgroundColor') && background !== '#ffffff') {
      this.write(() => this.settings.set('viewBackgroundColor', background));
    }
    const wait = this.wroteAtMs + WRITE_INTERVAL_MS - this.scheduler.now();
    if (wait <= 0) {
      this.flush();
    } else {
      this.cancelWrite ??= this.scheduler.after(wait, () => {
        this.flush();
      });
    }
  }

  /** Writes what waits. */
  flush(): void {
    this.cancelWrite?.();
    this.cancelWrite = null;
    const { latest } = this;
    this.latest = null;
    if (!latest || !this.mayWrite) {
      return;
    }
    const present = new Set(latest.map(element => element.id));
    const changes = latest.filter(element => this.written.get(element.id) !== stampOf(element));
    // A scene that was replaced as a whole does not say what it left out.
    const gone = [...this.written.keys()].flatMap(id => {
      const element = present.has(id) ? undefined : this.elements.get(id);
      return element && !element.isDeleted
        ? [{ ...element, isDeleted: true, version: element.version + 1 }]
        : [];
    });
    if (changes.length === 0 && gone.length === 0) {
      return;
    }
    this.wroteAtMs = this.scheduler.now();
    const known = this.api.getFiles();
    this.write(() => {
      for (const element of [...changes, ...gone]) {
        const file = element.fileId ? known[element.fileId] : undefined;
        if (file && !this.files.has(file.id)) {
          this.files.set(file.id, plain(file));
        }
        this.written.set(element.id, stampOf(element));
        this.elements.set(element.id, plain(this.tagged(element)));
      }
    });
  }

  dispose(): void {
    this.flush();
    this.elements.unobserve(this.onElements);
    this.files.unobserve(this.onFiles);
    this.settings.unobserve(this.onSettings);
  }

  private readonly onElements = (event: Y.YMapEvent<BoardElement>, transaction: Y.Transaction): void => {
    if (transaction.origin === this) {
      return;
    }
    this.flush();
    const changed = [...(event.keysChanged as Set<string>)].flatMap(id => this.here([this.elements.get(id)]));
    if (changed.length === 0) {
      return;
    }
    for (const element of changed) {
      this.written.set(element.id, stampOf(element));
    }
    const remote = this.rules.restored(changed);
    const local = this.api.getSceneElementsIncludingDeleted();
    const elements = this.rules.reconciled(local, remote, this.api.getAppState());
    this.api.updateScene({ elements, captureUpdate: this.rules.notMine });
    if (this.mayWrite && elements.some(one => this.written.get(one.id) !== stampOf(one))) {
      this.latest = elements;
      this.flush();
    }
  };

  private readonly onFiles = (event: Y.YMapEvent<BoardFile>, transaction: Y.Transaction): void => {
    if (transaction.origin !== this) {
      const changed = [...(event.keysChanged as Set<string>)].flatMap(id => this.files.get(id) ?? []);
      this.api.addFiles(picturesOf(changed));
    }
  };

  private readonly onSettings = (_event: unknown, transaction: Y.Transaction): void => {
    const background = this.settings.get('viewBackgroundColor');
    if (transaction.origin !== this && background !== undefined && this.page === null) {
      this.api.updateScene({
        appState: { viewBackgroundColor: background },
        captureUpdate: this.rules.notMine,
      });
    }
  };

  private here(elements: Iterable<BoardElement | undefined>): BoardElement[] {
    return [...elements].flatMap(one =>
      one && (this.page === null || pageOf(one) === this.page) ? one : [],
    );
  }

  private tagged(element: BoardElement): BoardElement {
    return this.page === null || pageOf(element) === this.page
      ? element
      : { ...element, customData: { ...element.customData, page: this.page } };
  }

  private write(change: () => void): void {
    this.doc.transact(change, this);
  }
}

function stampOf(element: BoardElement): string {
  return `${element.version} ${element.versionNonce}`;
}

/** A copy without what JSON does not carry: Yjs keeps what it is given, and Excalidraw changes what it has. */
function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
