import { describe, expect, it } from 'vitest';

import type { BoardElement, BoardFile } from '../../src/board/excalidraw';
import { picturesOf, shapesOf } from '../../src/board/harmless';

const file = (id: string, dataURL: unknown) => ({ id, mimeType: '', dataURL, created: 1 }) as BoardFile;
const shape = (type: string): BoardElement => ({
  id: type,
  type,
  version: 1,
  versionNonce: 1,
  isDeleted: false,
});

describe('what somebody’s client wrote', () => {
  it('shows pictures that came with the board, and asks no address for one', () => {
    const files = [
      file('png', 'data:image/png;base64,AA=='),
      file('svg', 'data:image/svg+xml,<svg onload="alert(1)"/>'),
      file('asked', 'https://elsewhere.example/x.png'),
      file('ours', '/hub/logout'),
      file('page', 'data:text/html,<script>1</script>'),
      file('script', 'javascript:alert(1)'),
      file('none', null),
    ];
    expect(picturesOf(files).map(one => one.id)).toEqual(['png', 'svg']);
  });

  it('shows no page inside the board', () => {
    const shapes = ['rectangle', 'iframe', 'embeddable', 'magicframe', 'image', 'frame'].map(shape);
    expect(shapesOf(shapes).map(one => one.type)).toEqual(['rectangle', 'image', 'frame']);
  });
});
