/** A room's shared documents over HTTP, and where each one's WebSocket is. */
import type { ApiResult, RoomsApi } from '../client/api';
import type {
  DocumentKind,
  DocumentList,
  DocumentRule,
  DocumentView,
  ExerciseState,
  ExerciseView,
  HandLog,
} from '../protocol/messages';

export interface NewDocument {
  kind: DocumentKind;
  name: string;
  rule?: DocumentRule;
  /** An `.ipynb`, an Excalidraw scene, or a text. */
  content?: unknown;
  /** The file over whose pages it lies. */
  annotates?: string;
}

export interface DocumentChanges {
  name?: string;
  rule?: DocumentRule;
  writer?: string | null;
}

export type ExportFormat = 'ipynb' | 'html' | 'md' | 'pdf' | 'excalidraw';

export class DocumentsApi {
  constructor(
    private readonly rooms: RoomsApi,
    readonly roomId: string,
  ) {}

  list(): Promise<ApiResult<DocumentList>> {
    return this.rooms.ask<DocumentList>('GET', this.path());
  }

  create(made: NewDocument): Promise<ApiResult<DocumentView>> {
    return this.rooms.ask<DocumentView>('POST', this.path(), made);
  }

  read(documentId: string): Promise<ApiResult<DocumentView>> {
    return this.rooms.ask<DocumentView>('GET', this.path(documentId));
  }

  change(documentId: string, changes: DocumentChanges): Promise<ApiResult<DocumentView>> {
    return this.rooms.ask<DocumentView>('PATCH', this.path(documentId), changes);
  }

  remove(documentId: string): Promise<ApiResult<unknown>> {
    return this.rooms.ask('DELETE', this.path(documentId));
  }

  /** Hands a notebook of the room out: one copy a trainee. */
  handOut(documentId: string, deadline: Date | null): Promise<ApiResult<ExerciseView>> {
    return this.rooms.ask<ExerciseView>('POST', this.exercises(), {
      documentId,
      deadline: deadline?.toISOString() ?? null,
    });
  }

  changeExercise(exerciseId: string, state: ExerciseState): Promise<ApiResult<ExerciseView>> {
    return this.rooms.ask<ExerciseView>('PATCH', this.exercises(exerciseId), { state });
  }

  /** Moves the deadline of an exercise; null takes it away. */
  setDeadline(exerciseId: string, deadline: Date | null): Promise<ApiResult<ExerciseView>> {
    return this.rooms.ask<ExerciseView>('PATCH', this.exercises(exerciseId), {
      deadline: deadline?.toISOString() ?? null,
    });
  }

  /** The owner of a copy asks for help: lets a trainer edit and run for so many minutes. */
  grantHand(documentId: string, minutes: number): Promise<ApiResult<DocumentView>> {
    return this.rooms.ask<DocumentView>('POST', `${this.path(documentId)}/hand`, { minutes });
  }

  takeHandBack(documentId: string): Promise<ApiResult<DocumentView>> {
    return this.rooms.ask<DocumentView>('DELETE', `${this.path(documentId)}/hand`);
  }

  /** Which helping hands were given on a copy, and what was run under them. */
  handLog(documentId: string): Promise<ApiResult<HandLog>> {
    return this.rooms.ask<HandLog>('GET', `${this.path(documentId)}/hand`);
  }

  /** The owner of a copy hands it in, or takes it back while the exercise is open. */
  handIn(documentId: string, isDone: boolean): Promise<ApiResult<DocumentView>> {
    return this.rooms.ask<DocumentView>(isDone ? 'POST' : 'DELETE', `${this.path(documentId)}/hand-in`);
  }

  exportUrl(documentId: string, format: ExportFormat): string {
    return `${this.rooms.prefix}${this.path(documentId)}/export?format=${format}`;
  }

  /** Where the document is edited live; `origin` is the page's, e.g. `https://training.example`. */
  socketUrl(documentId: string, origin: string = location.origin): string {
    const path = `documents/${encodeURIComponent(this.roomId)}/${encodeURIComponent(documentId)}`;
    return `${origin.replace(/^http/, 'ws')}${this.rooms.prefix}${path}`;
  }

  /** Where a moderator watches every copy of an exercise. */
  wallUrl(exerciseId: string, origin: string = location.origin): string {
    return `${this.socketUrl('wall', origin)}?exercise=${encodeURIComponent(exerciseId)}`;
  }

  private exercises(exerciseId?: string): string {
    const exercises = `api/rooms/${encodeURIComponent(this.roomId)}/exercises`;
    return exerciseId === undefined ? exercises : `${exercises}/${encodeURIComponent(exerciseId)}`;
  }

  private path(documentId?: string): string {
    const documents = `api/rooms/${encodeURIComponent(this.roomId)}/documents`;
    return documentId === undefined ? documents : `${documents}/${encodeURIComponent(documentId)}`;
  }
}
