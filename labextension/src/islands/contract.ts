/**
 * What the room and its islands know of each other.
 *
 * An island is a heavy viewer (whiteboard, PDF) that is built once, as
 * an entry of the plain page's build, and loaded at run time by the page and by
 * JupyterLab alike. It brings its own React and Yjs: only plain values and
 * functions cross this border.
 */
import type { Locale } from '../words';

export type Theme = 'light' | 'dark';

/** What every island is told. */
export interface IslandProps {
  locale: Locale;
  theme: Theme;
}

export interface BoardProps extends IslandProps {
  /** Where the document is edited live (`DocumentsApi.socketUrl`). */
  socketUrl: string;
  /** What downloads are called. */
  name: string;
  /** Others follow this person's view. */
  leads: boolean;
  /** Follow the view of whoever leads. */
  follows: boolean;
}

export interface PdfProps extends IslandProps {
  /** Where the file's bytes are (`FilesApi.contentUrl`). */
  url: string;
  name: string;
  xsrf: string;
  /** Where everybody's stage is; null when this person opened the file for themselves. */
  shown: PageView | null;
  /** Where somebody who opened the file for themselves begins. */
  firstPage: number;
  leads: boolean;
  /** The presenter turned to a page, or made it larger. */
  onTurn: (view: PageView) => void;
  /** Where its annotations are edited live; null while there are none. */
  layerUrl: string | null;
  /** Begins annotations, and tells whether there are some now; null for whoever may not. */
  onBegin: (() => Promise<boolean>) | null;
}

/** `page` counts from 1; `zoom` is 1 where the page fits. */
export interface PageView {
  page: number;
  zoom: number;
}

/** A page of a PDF as a picture, to be taken along with what was drawn over it. */
export interface PagePicture {
  dataUrl: string;
  /** Its words, each where its top left corner is, in parts of the page's width. */
  texts: ReadonlyArray<{ text: string; x: number; y: number; size: number }>;
}

export interface IslandHandle<Props> {
  update: (props: Props) => void;
  dispose: () => void;
}

export interface IslandModule<Props> {
  mount: (element: HTMLElement, props: Props) => IslandHandle<Props>;
}

/** Every island by the name of its file in the page's build. */
export interface Islands {
  board: BoardProps;
  pdf: PdfProps;
}

export type IslandName = keyof Islands;
