/**
 * The part of Excalidraw that we use, in our types.
 *
 * Its own declarations lean on packages that it does not publish, which makes
 * them `any` to our compiler: what crosses is written down here once.
 */
import {
  CaptureUpdateAction,
  exportToCanvas,
  exportToSvg,
  getCommonBounds,
  getVisibleSceneBounds,
  reconcileElements,
  restoreElements,
  serializeAsJSON,
  zoomToFitBounds,
} from '@excalidraw/excalidraw';

import { shapesOf } from './harmless';
import type { PdfText } from './pdfFile';

export interface BoardElement {
  readonly id: string;
  readonly type: string;
  readonly version: number;
  readonly versionNonce: number;
  readonly isDeleted: boolean;
  readonly fileId?: string | null;
  readonly customData?: Readonly<{ page?: number }>;
}

interface TextElement extends BoardElement {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly fontSize: number;
  readonly lineHeight: number;
}

export interface BoardFile {
  readonly id: string;
  readonly mimeType: string;
  readonly dataURL: string;
  readonly created: number;
}

export interface AppState {
  readonly viewBackgroundColor: string;
  readonly scrollX: number;
  readonly scrollY: number;
  readonly zoom: { readonly value: number };
  readonly width: number;
  readonly height: number;
  readonly selectedElementIds: Readonly<Record<string, true>>;
  readonly activeTool: { readonly type: string };
  readonly currentItemStrokeColor: string;
  readonly currentItemBackgroundColor: string;
  readonly currentItemStrokeWidth: number;
  readonly currentItemOpacity: number;
}

export interface Pointer {
  readonly x: number;
  readonly y: number;
  readonly tool: 'pointer' | 'laser';
}

export interface Collaborator {
  readonly username: string;
  readonly pointer?: Pointer;
  readonly button?: 'up' | 'down';
  readonly selectedElementIds?: Readonly<Record<string, true>>;
  readonly color: { readonly background: string; readonly stroke: string };
}

/** Left, top, right, bottom, in the scene's coordinates. */
export type Bounds = readonly [number, number, number, number];

export interface BoardApi {
  updateScene: (scene: {
    elements?: ReadonlyArray<BoardElement>;
    appState?: Partial<AppState>;
    collaborators?: Map<string, Collaborator>;
    captureUpdate?: unknown;
  }) => void;
  addFiles: (files: ReadonlyArray<BoardFile>) => void;
  getSceneElements: () => ReadonlyArray<BoardElement>;
  getSceneElementsIncludingDeleted: () => ReadonlyArray<BoardElement>;
  getAppState: () => AppState;
  getFiles: () => Readonly<Record<string, BoardFile>>;
  scrollToContent: (
    target?: ReadonlyArray<BoardElement>,
    options?: { fitToContent?: boolean; animate?: boolean },
  ) => void;
  setActiveTool: (tool: { type: string }) => void;
  history: { clear: () => void };
}

export interface Scene {
  elements: ReadonlyArray<BoardElement>;
  appState: AppState;
  files: Readonly<Record<string, BoardFile>>;
}

/** What others changed is not a step that this person undoes. */
export const NOT_MINE: unknown = CaptureUpdateAction.NEVER;

type Loose = (...given: unknown[]) => unknown;

/** Elements as they may be shown, whatever somebody's client wrote. */
export function restored(elements: ReadonlyArray<BoardElement>): ReadonlyArray<BoardElement> {
  return (restoreElements as unknown as Loose)(shapesOf(elements), null) as ReadonlyArray<BoardElement>;
}

/** For each element the later version; of equal versions everybody chooses the same. */
export function reconciled(
  local: ReadonlyArray<BoardElement>,
  remote: ReadonlyArray<BoardElement>,
  appState: AppState,
): ReadonlyArray<BoardElement> {
  return (reconcileElements as unknown as Loose)(local, remote, appState) as ReadonlyArray<BoardElement>;
}

/** What of the scene is in view. */
export function viewOf(appState: AppState): Bounds {
  return (getVisibleSceneBounds as unknown as Loose)(appState) as Bounds;
}

/** Where to scroll and how far to zoom, to have `bounds` in view. */
export function showing(bounds: Bounds, appState: AppState): Partial<AppState> {
  const { appState: wanted } = (zoomToFitBounds as unknown as Loose)({
    appState,
    bounds,
    fitToViewport: true,
    viewportZoomFactor: 1,
  }) as { appState: AppState };
  const { scrollX, scrollY, zoom } = wanted;
  return { scrollX, scrollY, zoom };
}

export function asFile(scene: Scene): string {
  return (serializeAsJSON as unknown as Loose)(
    scene.elements,
    scene.appState,
    scene.files,
    'local',
  ) as string;
}

export function asSvg(scene: Scene): Promise<SVGSVGElement> {
  return (exportToSvg as unknown as Loose)({ ...scene, exportPadding: MARGIN }) as Promise<SVGSVGElement>;
}

export function asCanvas(scene: Scene, scale: number): Promise<HTMLCanvasElement> {
  return (exportToCanvas as unknown as Loose)({
    ...scene,
    exportPadding: MARGIN,
    getDimensions: (width: number, height: number) => ({
      width: width * scale,
      height: height * scale,
      scale,
    }),
  }) as Promise<HTMLCanvasElement>;
}

/** Where in the scene the exported picture begins. */
export function cornerOf(scene: Scene): readonly [number, number] {
  const [left, top] = (getCommonBounds as unknown as Loose)(scene.elements) as Bounds;
  return [left - MARGIN, top - MARGIN];
}

/** Every line of text, and where it stands in the exported picture; of turned text, its upright box. */
export function textsOf(scene: Scene): ReadonlyArray<PdfText> {
  const [left, top] = cornerOf(scene);
  return scene.elements
    .filter((element): element is TextElement => element.type === 'text')
    .flatMap(({ text, x, y, fontSize, lineHeight }) =>
      text.split('\n').map((line, index) => ({
        text: line,
        x: x - left,
        y: y - top + index * fontSize * lineHeight,
        sizePx: fontSize,
      })),
    );
}

const MARGIN = 16;
