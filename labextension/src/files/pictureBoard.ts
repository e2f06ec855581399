/** Makes a whiteboard with a page of a PDF as its background, or finds the one that was made before. */
import type { DocumentsApi } from '../documents/api';
import type { PagePicture } from '../islands/contract';
import { MAX_DOCUMENT_NAME_CHARACTERS, type DocumentView } from '../protocol/messages';

/** So wide the page is in the scene; its picture is finer. */
const SHOWN_WIDTH = 1000;

export async function boardOfPicture(
  documents: DocumentsApi,
  fileName: string,
  picture: PagePicture,
): Promise<DocumentView | null> {
  const name = boardName(fileName, picture.page);
  const present = await documents.list();
  const known = present.ok
    ? present.value.documents.find(one => one.kind === 'board' && one.name === name)
    : undefined;
  if (known) {
    return known;
  }
  const made = await documents.create({ kind: 'board', name, content: sceneOf(picture) });
  return made.ok ? made.value : null;
}

/** The page of a PDF whose picture is on a board of this name, and how the file's name begins. */
export function pageOnBoard(name: string): { page: number; fileStart: string } | null {
  const found = /^(.*) · p\. (\d{1,5})$/s.exec(name);
  return found ? { page: Number(found[2]), fileStart: found[1] ?? '' } : null;
}

export function boardName(fileName: string, page: number): string {
  const end = ` · p. ${page}`;
  return `${fileName.slice(0, MAX_DOCUMENT_NAME_CHARACTERS - end.length)}${end}`;
}

/** An Excalidraw scene: one picture, locked, so that a pen does not move it. */
export function sceneOf({ dataUrl, width, height }: PagePicture) {
  const fileId = 'page';
  return {
    type: 'excalidraw',
    version: 2,
    elements: [
      {
        id: 'page-background',
        type: 'image',
        x: 0,
        y: 0,
        width: SHOWN_WIDTH,
        height: Math.round((SHOWN_WIDTH * height) / width),
        angle: 0,
        strokeColor: 'transparent',
        backgroundColor: 'transparent',
        fillStyle: 'solid',
        strokeWidth: 1,
        strokeStyle: 'solid',
        roughness: 0,
        opacity: 100,
        groupIds: [],
        frameId: null,
        index: 'a0',
        roundness: null,
        seed: 1,
        version: 1,
        versionNonce: 1,
        isDeleted: false,
        boundElements: [],
        updated: 1,
        link: null,
        locked: true,
        status: 'saved',
        fileId,
        scale: [1, 1],
        crop: null,
      },
    ],
    appState: { viewBackgroundColor: '#ffffff' },
    files: {
      [fileId]: {
        id: fileId,
        mimeType: dataUrl.slice(5, dataUrl.indexOf(';')),
        dataURL: dataUrl,
        created: 1,
      },
    },
  };
}
