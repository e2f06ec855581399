/** Addresses that may be opened for all. Pure; the service decides the same again. */

/** The whole address of what somebody typed or pasted, or null. */
export function addressOf(typed: string): string | null {
  const text = typed.trim();
  if (text === '' || /\s/.test(text)) {
    return null;
  }
  let url: URL;
  try {
    url = new URL(
      /^[a-z][a-z0-9+.-]*:/i.test(text) && !/^[^/]*:\d+(?:[/?#]|$)/.test(text) ? text : `https://${text}`,
    );
  } catch {
    return null;
  }
  const isWeb = url.protocol === 'https:' || url.protocol === 'http:';
  const isNamed = url.hostname.includes('.') || url.hostname === 'localhost' || url.hostname.startsWith('[');
  return isWeb && isNamed && url.username === '' && url.password === '' ? url.href : null;
}

/** Whether a browser will show `address` in a frame of this page at all, as far as that can be known before. */
export function canTryFraming(address: string, page: Location | URL): boolean {
  const url = new URL(address);
  // A page of this very site in a frame could reach out of it, and the hub's forbid framing anyway.
  return url.origin !== page.origin && !(page.protocol === 'https:' && url.protocol === 'http:');
}
