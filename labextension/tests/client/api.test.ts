import { describe, expect, it } from 'vitest';

import { RoomsApi } from '../../src/client/api';

function answering(status: number, body: unknown, seen: [string, RequestInit][] = []): RoomsApi {
  const fetcher = (input: string, init: RequestInit) => {
    seen.push([input, init]);
    return Promise.resolve(new Response(typeof body === 'string' ? body : JSON.stringify(body), { status }));
  };
  return new RoomsApi('/services/rooms/', 'token', fetcher as unknown as typeof fetch);
}

describe('the HTTP client', () => {
  it('sends the XSRF token on every request, reading included', async () => {
    const seen: [string, RequestInit][] = [];
    const api = answering(200, {}, seen);
    await api.link('a/b');
    await api.enterAsGuest('code', 'Nadia', 'lavande-2026');
    expect(seen.map(([url]) => url)).toEqual([
      '/services/rooms/api/links/a%2Fb',
      '/services/rooms/api/links/code/guest',
    ]);
    for (const [, init] of seen) {
      expect(init.headers).toMatchObject({ 'X-XSRFToken': 'token' });
    }
    expect(seen[1]?.[1].body).toBe('{"name":"Nadia","password":"lavande-2026"}');
  });

  it('gives a refusal as a value, with its words', async () => {
    const refusal = { code: 'room_password_wrong', title: 't', message: 'm', remedy: 'r' };
    const result = await answering(403, refusal).enterAsGuest('c', 'n', 'p');
    expect(result).toEqual({ ok: false, failure: { kind: 'refused', status: 403, refusal } });
  });

  it('gives an answer that is no refusal by its status', async () => {
    expect(await answering(502, '<html>').link('c')).toEqual({
      ok: false,
      failure: { kind: 'unexpected', status: 502 },
    });
  });

  it('gives a network that fails as unreachable', async () => {
    const api = new RoomsApi('/', '', () => Promise.reject(new TypeError('offline')));
    expect(await api.link('c')).toEqual({ ok: false, failure: { kind: 'unreachable' } });
  });

  it('sends the browser back to where it came from after the login', () => {
    expect(answering(200, {}).loginUrl('/services/rooms/r/a?b=c')).toBe(
      '/services/rooms/login?next=%2Fservices%2Frooms%2Fr%2Fa%3Fb%3Dc',
    );
  });
});
