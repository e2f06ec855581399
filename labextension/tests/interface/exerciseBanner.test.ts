import { describe, expect, it } from 'vitest';

import { unopened } from '../../src/interface/exercises/ExerciseBanner';
import type { CopyState, DocumentView } from '../../src/protocol/messages';

function copy(documentId: string, state: CopyState, isMine = true): DocumentView {
  return {
    documentId,
    kind: 'notebook',
    createdAt: `2026-11-23T10:00:0${documentId}Z`,
    copy: { exerciseId: 'e', state, ownerName: 'Zoé', isMine, deadline: null, hand: null },
  } as Partial<DocumentView> as DocumentView;
}

const known = (...keys: string[]) => new Set(keys);

describe('the exercise that a trainee is told of', () => {
  it('is the newest of their own that is to be done', () => {
    const list = [copy('1', 'working'), copy('2', 'working'), copy('3', 'working', false)];
    expect(unopened(list, known())?.documentId).toBe('2');
    expect(unopened(list, known('2 working'))?.documentId).toBe('1');
  });

  it('is told again when it comes back corrected', () => {
    expect(unopened([copy('1', 'returned')], known('1 working'))?.documentId).toBe('1');
  });

  it('is none that is handed in or collected', () => {
    expect(unopened([copy('1', 'handed_in'), copy('2', 'collected')], known())).toBeNull();
  });
});
