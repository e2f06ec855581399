/** What can be looked at in the middle of a room; `viewers.ts` has who shows it. Pure. */
import type { ComponentType } from 'react';

import type { DocumentView, PresentedView } from '../../protocol/messages';

/** A thing to look at. A document is told apart by its kind, which chooses the viewer. */
export type Subject =
  | { kind: 'notebook' | 'board' | 'note'; document: DocumentView }
  | { kind: 'file'; fileId: string; page: number | null }
  | { kind: 'web'; url: string }
  | { kind: 'wall'; exerciseId: string };

export type SubjectKind = Subject['kind'];

export interface ViewerProps {
  subject: Subject;
  /** It is on everybody's stage now; otherwise this person alone looks at it. */
  isPresented: boolean;
  /** This person moderates the room, so that the others follow them. */
  leads: boolean;
  /** Opens something else in the same place. */
  look: (subject: Subject) => void;
}

export type Viewer = ComponentType<ViewerProps>;

/** What the service calls a subject; null for what cannot be presented. */
export function presentedOf(subject: Subject): PresentedView | null {
  switch (subject.kind) {
    case 'notebook':
    case 'board':
    case 'note':
      return { kind: 'document', target: subject.document.documentId, page: null, by: null };
    case 'file':
      return { kind: 'file', target: subject.fileId, page: subject.page, by: null };
    case 'web':
      return { kind: 'web', target: subject.url, page: null, by: null };
    case 'wall':
      return null;
  }
}

/** The subject that is presented; null while its document is not known (or not for this person). */
export function subjectOf(
  presented: PresentedView | null,
  documents: ReadonlyArray<DocumentView>,
): Subject | null {
  if (!presented) {
    return null;
  }
  switch (presented.kind) {
    case 'document': {
      const document = documents.find(one => one.documentId === presented.target);
      return document ? { kind: document.kind, document } : null;
    }
    case 'file':
      return { kind: 'file', fileId: presented.target, page: presented.page };
    case 'web':
      return { kind: 'web', url: presented.target };
  }
}

/** A subject with its document as it is now; what it was when it was opened, once it is gone. */
export function present(subject: Subject | null, documents: ReadonlyArray<DocumentView>): Subject | null {
  if (!subject || !('document' in subject)) {
    return subject;
  }
  const { documentId } = subject.document;
  const document = documents.find(one => one.documentId === documentId);
  return document && document !== subject.document ? { ...subject, document } : subject;
}

export function sameSubject(a: Subject | null, b: Subject | null): boolean {
  return a !== null && b !== null && keyOf(a) === keyOf(b);
}

export function keyOf(subject: Subject): string {
  switch (subject.kind) {
    case 'notebook':
    case 'board':
    case 'note':
      return `document ${subject.document.documentId}`;
    case 'file':
      return `file ${subject.fileId}`;
    case 'web':
      return `web ${subject.url}`;
    case 'wall':
      return `wall ${subject.exerciseId}`;
  }
}

/** A document's name as people read it: the ending tells them nothing that its place does not. */
export function shownName(document: DocumentView): string {
  return document.kind === 'notebook' ? document.name : document.name.replace(/\.(excalidraw|md)$/, '');
}
