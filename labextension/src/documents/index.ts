/** Shared documents of a room, without any view. */
export { DocumentsApi, type DocumentChanges, type ExportFormat, type NewDocument } from './api';
export { DocumentConnection, type DocumentEvent, type DocumentLine, type DocumentState } from './connection';
export { LiveDocument, type LiveState } from './live';
