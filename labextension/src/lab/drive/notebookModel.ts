/**
 * JupyterLab's shared notebook, which also knows whether one may write.
 *
 * Invariant: a reader's notebook takes no local change at all. What a reader's
 * page would change in its own copy, the service drops; such operations would
 * surface later, so they must never exist. All of `@jupyter/ydoc`'s own
 * changes pass `Y.Doc.transact`; what comes from the service does not.
 *
 * Nor does trust travel (`trust.ts`).
 */
import { YNotebook, type ISharedNotebook, type SharedCell } from '@jupyter/ydoc';
import { Signal, type ISignal } from '@lumino/signaling';
import type { Transaction } from 'yjs';

import { Store } from '../../client/observable';
import type { DocumentConnection } from '../../documents';
import type { DocumentView, HandView } from '../../protocol/messages';

import { forgetTrust } from './trust';

type Insertion = ReturnType<YNotebook['insertCells']>;

export class RoomNotebook extends YNotebook {
  /** The line to the service, once the path is known to be a document of the room. */
  connection: DocumentConnection | null = null;
  private readonly connectedSignal = new Signal<this, void>(this);
  private known: DocumentView | null = null;
  private readonly describedSignal = new Signal<this, DocumentView>(this);
  /** The helping hand that is given on it, if it is a copy of an exercise. */
  readonly hand = new Store<HandView | null>(null);
  private isWritable = false;
  private readonly ruleSignal = new Signal<this, boolean>(this);
  /** A change of somebody else's is being taken in at this moment. */
  private isHearing = false;

  constructor(options?: ISharedNotebook.IOptions) {
    super(options);
    const { ydoc } = this;
    ydoc.on('beforeObserverCalls', ({ local }) => {
      this.isHearing = !local;
    });
    ydoc.on('afterTransaction', () => {
      this.isHearing = false;
    });
    // Connected first: before JupyterLab makes its own models of new cells.
    this.changed.connect((_, { cellsChange }) => {
      if (cellsChange) {
        this.cells.forEach(forgetTrust);
      }
    });
    const transact = ydoc.transact.bind(ydoc);
    const guarded = <T>(change: (transaction: Transaction) => T, origin?: unknown): T =>
      // A reader's change has no result; JupyterLab uses none of those it asks for here.
      this.isWritable ? transact(change, origin) : (undefined as T);
    ydoc.transact = guarded;
  }

  /** Gives the notebook its line, once. */
  connect(connection: DocumentConnection, document: DocumentView): void {
    this.connection = connection;
    this.describe(document);
    this.connectedSignal.emit();
  }

  /** What it is in the room, as it was told last; null before it is known. */
  get document(): DocumentView | null {
    return this.known;
  }

  /** Takes in what the room says of it now: its rule, and how far a copy of an exercise is. */
  describe(document: DocumentView): void {
    this.known = document;
    this.hand.set(document.copy?.hand ?? null);
    this.describedSignal.emit(document);
  }

  /** Whether what is drawn now was made by somebody else. */
  get hearsOthers(): boolean {
    return this.isHearing;
  }

  get described(): ISignal<this, DocumentView> {
    return this.describedSignal;
  }

  get connected(): ISignal<this, void> {
    return this.connectedSignal;
  }

  get writable(): boolean {
    return this.isWritable;
  }

  set writable(isWritable: boolean) {
    if (isWritable !== this.isWritable) {
      this.isWritable = isWritable;
      this.ruleSignal.emit(isWritable);
    }
  }

  get ruleChanged(): ISignal<this, boolean> {
    return this.ruleSignal;
  }

  /** Never: the service writes every change down as it comes. */
  override get dirty(): boolean {
    return false;
  }

  override set dirty(_isDirty: boolean) {
    // Not kept: see the getter.
  }

  override insertCells(index: number, cells: SharedCell.Cell[]): Insertion {
    return this.isWritable ? super.insertCells(index, cells) : [];
  }

  override moveCells(from: number, to: number, count = 1): void {
    if (this.isWritable) {
      super.moveCells(from, to, count);
    }
  }

  override deleteCellRange(from: number, to: number): void {
    if (this.isWritable) {
      super.deleteCellRange(from, to);
    }
  }

  override dispose(): void {
    this.connection?.dispose();
    super.dispose();
  }
}
