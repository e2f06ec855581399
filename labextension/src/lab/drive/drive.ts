/**
 * The rooms' notebooks as a drive of JupyterLab: `room:ROOM/NAME.ipynb`.
 *
 * JupyterLab's own notebook widget opens them; their content comes over a
 * document's WebSocket, never over this interface, so `get` answers without
 * content and `save` writes nothing. There is no content provider registry
 * here: with one, opening would look for a provider that another extension
 * may have named. `hash` is constant, or JupyterLab would ask what to do about
 * a file that changed.
 */
import { ServerConnection, type Contents } from '@jupyterlab/services';
import { Signal, type ISignal } from '@lumino/signaling';

import { browserScheduler } from '../../client/scheduler';
import { DocumentConnection } from '../../documents';
import type { DocumentList, DocumentView } from '../../protocol/messages';
import type { IRoomService } from '../tokens';

import { entriesOf, namedNotebooks, pathPart, roomOfPath, type NamedDocument } from './directory';
import { RoomNotebook } from './notebookModel';
import type { DriveWords } from './words';

export const DRIVE_NAME = 'room';
/** What JupyterLab shows of times before they are known. */
const LONG_AGO = new Date(0).toISOString();

export interface RoomNotebookReplaced {
  path: string;
  model: RoomNotebook;
  /** What was last written in it is lost: it came too late. */
  isLost: boolean;
}

export class RoomDrive implements Contents.IDrive {
  readonly name = DRIVE_NAME;
  readonly serverSettings = ServerConnection.makeSettings();
  readonly sharedModelFactory: Contents.ISharedFactory = {
    collaborative: true,
    createNew: options => this.createNotebook(options),
  };
  isDisposed = false;
  private readonly changes = new Signal<this, Contents.IChangedArgs>(this);
  private readonly replacements = new Signal<this, RoomNotebookReplaced>(this);
  private readonly lists = new Map<string, DocumentList>();
  private readonly models = new Map<string, RoomNotebook>();
  private readonly opened = new Map<string, Promise<DocumentView>>();

  constructor(
    private readonly service: IRoomService,
    private readonly words: DriveWords,
  ) {}

  get fileChanged(): ISignal<this, Contents.IChangedArgs> {
    return this.changes;
  }

  /** A notebook whose connection ended as stale: it is to be closed and opened afresh. */
  get replaced(): ISignal<this, RoomNotebookReplaced> {
    return this.replacements;
  }

  dispose(): void {
    this.isDisposed = true;
    Signal.clearData(this);
  }

  // ---- for commands --------------------------------------------------------------------

  /** The whole path of a document, for `docmanager:open`; null when it is not among those of the room. */
  async pathOf(roomId: string, documentId: string): Promise<string | null> {
    const known = this.named(roomId).find(one => one.document.documentId === documentId);
    if (known) {
      return `${DRIVE_NAME}:${roomId}/${known.path}`;
    }
    await this.read(roomId);
    const found = this.named(roomId).find(one => one.document.documentId === documentId);
    return found ? `${DRIVE_NAME}:${roomId}/${found.path}` : null;
  }

  /** The room and document of a path of JupyterLab's, if it is one of ours and was read already. */
  documentAt(path: string): { roomId: string; document: DocumentView } | null {
    const place = path.startsWith(`${DRIVE_NAME}:`) ? roomOfPath(path.slice(DRIVE_NAME.length + 1)) : null;
    const named = place && this.named(place.roomId).find(one => one.path === place.rest);
    return place && named ? { roomId: place.roomId, document: named.document } : null;
  }

  /** Reads a room's documents again, and tells file browsers of it. */
  async refresh(roomId: string): Promise<void> {
    await this.read(roomId);
    this.changes.emit({ type: 'save', oldValue: null, newValue: { path: roomId } });
  }

  // ---- Contents.IDrive -----------------------------------------------------------------

  async get(path: string, options?: Contents.IFetchOptions): Promise<Contents.IModel> {
    const place = roomOfPath(path);
    if (!place) {
      return this.root();
    }
    if (options?.type === 'notebook' || place.rest.endsWith('.ipynb')) {
      const document = await this.find(place.roomId, place.rest);
      if (options?.content !== false) {
        await this.opened.get(path);
      }
      return this.notebook(path, document);
    }
    await this.read(place.roomId);
    return this.folder(place.roomId, place.rest);
  }

  async save(path: string): Promise<Contents.IModel> {
    return this.get(path, { content: false });
  }

  async getDownloadUrl(path: string): Promise<string> {
    const place = roomOfPath(path);
    if (!place) {
      throw this.unsupported();
    }
    const document = await this.find(place.roomId, place.rest);
    return this.service.documents(place.roomId).exportUrl(document.documentId, 'ipynb');
  }

  newUntitled(): Promise<Contents.IModel> {
    return Promise.reject(this.unsupported());
  }

  async delete(path: string): Promise<void> {
    const place = roomOfPath(path);
    if (!place) {
      throw this.unsupported();
    }
    const document = await this.find(place.roomId, place.rest);
    const answer = await this.service.documents(place.roomId).remove(document.documentId);
    if (!answer.ok) {
      throw new Error(this.words.failure(answer.failure));
    }
    await this.read(place.roomId);
    this.changes.emit({ type: 'delete', oldValue: { path }, newValue: null });
  }

  async rename(oldPath: string, newPath: string): Promise<Contents.IModel> {
    const place = roomOfPath(oldPath);
    if (!place) {
      throw this.unsupported();
    }
    const document = await this.find(place.roomId, place.rest);
    const name = newPath.split('/').pop() ?? document.name;
    const answer = await this.service.documents(place.roomId).change(document.documentId, { name });
    if (!answer.ok) {
      throw new Error(this.words.failure(answer.failure));
    }
    await this.read(place.roomId);
    const named = this.named(place.roomId).find(one => one.document.documentId === document.documentId);
    const model = this.notebook(named ? `${place.roomId}/${named.path}` : newPath, answer.value);
    this.changes.emit({ type: 'rename', oldValue: { path: oldPath }, newValue: model });
    return model;
  }

  copy(): Promise<Contents.IModel> {
    return Promise.reject(this.unsupported());
  }

  createCheckpoint(): Promise<Contents.ICheckpointModel> {
    return Promise.resolve({ id: 'room', last_modified: LONG_AGO });
  }

  listCheckpoints(): Promise<Contents.ICheckpointModel[]> {
    return Promise.resolve([]);
  }

  restoreCheckpoint(): Promise<void> {
    return Promise.resolve();
  }

  deleteCheckpoint(): Promise<void> {
    return Promise.resolve();
  }

  // ---- what the answers are made of ----------------------------------------------------

  private createNotebook(options: Contents.ISharedFactoryOptions): RoomNotebook | undefined {
    if (options.contentType !== 'notebook' || options.collaborative === false) {
      return undefined;
    }
    const path = options.path.startsWith(`${DRIVE_NAME}:`)
      ? options.path.slice(DRIVE_NAME.length + 1)
      : options.path;
    const model = new RoomNotebook({ disableDocumentWideUndoRedo: true });
    this.models.set(path, model);
    const opened = this.open(path, model);
    this.opened.set(path, opened);
    // Whoever asks for the path hears of it; nobody may.
    opened.catch(() => undefined);
    model.disposed.connect(() => {
      if (this.models.get(path) === model) {
        this.models.delete(path);
        this.opened.delete(path);
      }
    });
    return model;
  }

  /** Connects a notebook to its document; resolves once all of it is there. */
  private async open(path: string, model: RoomNotebook): Promise<DocumentView> {
    const place = roomOfPath(path);
    if (!place) {
      throw this.unsupported();
    }
    const document = await this.find(place.roomId, place.rest);
    if (model.isDisposed) {
      return document;
    }
    const connection = new DocumentConnection({
      url: this.service.documents(place.roomId).socketUrl(document.documentId),
      doc: model.ydoc,
      awareness: model.awareness,
      scheduler: browserScheduler,
      openSocket: url => new WebSocket(url),
    });
    model.connect(connection, document);
    return new Promise((resolve, reject) => {
      const follow = (): void => {
        const { line, access } = connection.store.get();
        model.writable = access === 'write' && line.kind !== 'stale' && line.kind !== 'refused';
        switch (line.kind) {
          case 'open':
            if (line.isSynced) {
              resolve({ ...document, access: access ?? document.access });
            }
            return;
          case 'stale':
            this.replacements.emit({
              path: `${DRIVE_NAME}:${path}`,
              model,
              isLost: connection.store.get().unsaved > 0,
            });
            return;
          case 'refused':
            reject(new Error(line.refusal.message));
            return;
          case 'login_required':
            void this.service.login.connect().then(identity => {
              if (identity) {
                this.replacements.emit({ path: `${DRIVE_NAME}:${path}`, model, isLost: false });
              }
            });
            return;
          case 'opening':
          case 'down':
          case 'closed':
            return;
        }
      };
      connection.store.subscribe(follow);
      connection.events.subscribe(event => {
        if (event.type === 'hand_changed') {
          model.hand.set(event.hand);
        }
      });
      follow();
    });
  }

  private async find(roomId: string, rest: string): Promise<DocumentView> {
    const look = (): NamedDocument | undefined => this.named(roomId).find(one => one.path === rest);
    let found = look();
    if (!found) {
      await this.read(roomId);
      found = look();
    }
    if (!found) {
      throw new ServerConnection.ResponseError(
        new Response(null, { status: 404 }),
        this.words.unknownDocument,
      );
    }
    return found.document;
  }

  private async read(roomId: string): Promise<void> {
    const answer = await this.service.documents(roomId).list();
    if (!answer.ok) {
      throw new Error(this.words.failure(answer.failure));
    }
    this.lists.set(roomId, answer.value);
    for (const model of this.models.values()) {
      const { document } = model;
      const now = document && answer.value.documents.find(one => one.documentId === document.documentId);
      if (now) {
        model.describe(now);
      }
    }
  }

  private named(roomId: string): readonly NamedDocument[] {
    return namedNotebooks(this.lists.get(roomId)?.documents ?? [], this.words.exercises);
  }

  private async root(): Promise<Contents.IModel> {
    const known = this.service.rooms.get();
    const state = known.kind === 'known' ? known : await this.service.refresh();
    const rooms = state.kind === 'known' ? state.rooms : [];
    return directory(
      '',
      rooms.map(mine => directory(mine.room.roomId)),
    );
  }

  private folder(roomId: string, rest: string): Contents.IModel {
    const { folders, documents } = entriesOf(this.named(roomId), rest);
    const base = rest === '' ? roomId : `${roomId}/${rest}`;
    return directory(base, [
      ...folders.map(folder => directory(`${base}/${pathPart(folder)}`)),
      ...documents.map(one => this.notebook(`${roomId}/${one.path}`, one.document)),
    ]);
  }

  private notebook(path: string, document: DocumentView): Contents.IModel {
    const access = this.models.get(path)?.connection?.store.get().access ?? document.access;
    return {
      name: path.split('/').pop() ?? document.name,
      path,
      type: 'notebook',
      format: 'json',
      mimetype: '',
      content: null,
      writable: access === 'write',
      created: document.createdAt,
      last_modified: document.changedAt,
      size: document.sizeBytes,
      hash: 'live',
      hash_algorithm: 'room',
    };
  }

  private unsupported(): Error {
    return new Error(this.words.unsupported);
  }
}

function directory(path: string, content: Contents.IModel[] | null = null): Contents.IModel {
  return {
    name: path.split('/').pop() ?? '',
    path,
    type: 'directory',
    format: 'json',
    mimetype: '',
    content,
    writable: false,
    created: LONG_AGO,
    last_modified: LONG_AGO,
  };
}
