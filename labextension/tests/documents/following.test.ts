import { afterEach, describe, expect, it } from 'vitest';
import { applyAwarenessUpdate, Awareness, encodeAwarenessUpdate } from 'y-protocols/awareness';
import * as Y from 'yjs';

import { leaderIn } from '../../src/documents/following';
import { peopleIn } from '../../src/documents/people';

const here = new Awareness(new Y.Doc());

function comes(state: Record<string, unknown>): void {
  const other = new Awareness(new Y.Doc());
  other.setLocalState(state);
  applyAwarenessUpdate(here, encodeAwarenessUpdate(other, [other.clientID]), null);
  other.destroy();
}

const user = (name: string, isModerator: boolean) => ({
  username: name.toLowerCase(),
  name,
  initials: name.slice(0, 1),
  color: '#d6336c',
  is_moderator: isModerator,
});

afterEach(() => {
  for (const client of [...here.getStates().keys()]) {
    here.states.delete(client);
  }
});

describe('who is here', () => {
  it('leaves out whoever the service did not name', () => {
    comes({ user: user('Zoé', false) });
    comes({ user: { name: 'Forged' } });
    expect(peopleIn(here).map(one => one.person.name)).toEqual(['Zoé']);
  });

  it('lets no style into the page by a colour', () => {
    comes({ user: { ...user('Zoé', false), color: 'red;background:url(x)' } });
    expect(peopleIn(here)[0]?.person.color).toBe('#888888');
  });
});

describe('whom one follows', () => {
  it('is a moderator, never a trainee', () => {
    comes({ user: user('Zoé', false), position: { active: 'c1', isActiveSeen: true, top: 'c1', past: 0 } });
    expect(leaderIn(here)).toBeNull();
    comes({ user: user('Claire', true), position: { active: 'c2', top: 'c2', past: 0.5 } });
    expect(leaderIn(here)?.position).toEqual({
      active: 'c2',
      isActiveSeen: false,
      top: 'c2',
      past: 0.5,
    });
  });

  it('is the one who presents, though another one points', () => {
    comes({ user: user('Inès', true), pointer: { cell: 'c3', x: 0.1, y: 0.9 } });
    comes({
      user: user('Claire', true),
      position: { active: 'c1', isActiveSeen: true, top: 'c1', past: 0 },
      presents: true,
    });
    comes({ user: user('Claire', true), presents: true });
    const leader = leaderIn(here);
    expect(leader?.position?.active).toBe('c1');
    expect(leader?.person.name).toBe('Claire');
    expect(leader?.pointer?.cell).toBe('c3');
  });

  it('is the one who points, among several', () => {
    comes({ user: user('Claire', true), position: { active: 'c1', isActiveSeen: true, top: 'c1', past: 0 } });
    comes({ user: user('Inès', true), pointer: { cell: 'c3', x: 0.1, y: 0.9 } });
    expect(leaderIn(here)?.person.name).toBe('Inès');
  });

  it('is nowhere when what came makes no sense', () => {
    comes({ user: user('Claire', true), position: 'x', pointer: { cell: 'c', x: 7, y: 0 } });
    expect(leaderIn(here)).toMatchObject({ position: null, pointer: null });
  });
});
