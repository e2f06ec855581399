/** Loads an island from the rooms service, with its style; once each. */
import type { IslandModule, IslandName, Islands } from './contract';

declare global {
  interface Window {
    /** Where Excalidraw finds its fonts: with us, never on a network of others. */
    EXCALIDRAW_ASSET_PATH?: string;
  }
}

const loaded = new Map<string, Promise<unknown>>();

/** `assets` is the folder of the build that this page is of, ending in a slash: no other build's island fits. */
export function loadIsland<Name extends IslandName>(
  assets: string,
  name: Name,
): Promise<IslandModule<Islands[Name]>> {
  const base = new URL(assets, location.href);
  const url = new URL(`${name}.js`, base).href;
  let module = loaded.get(url);
  if (!module) {
    window.EXCALIDRAW_ASSET_PATH = base.href;
    module = Promise.all([
      import(/* webpackIgnore: true */ url),
      loadStyle(new URL(`${name}.css`, base).href),
    ]).then(([found]) => found as unknown);
    loaded.set(url, module);
    module.catch(() => {
      // A network that was away must not be remembered.
      loaded.delete(url);
    });
  }
  // The build makes the file from the module of this name.
  return module as Promise<IslandModule<Islands[Name]>>;
}

/** The style of an island whose code comes along with another one's. */
export function loadStyleBeside(name: IslandName, script: string): Promise<void> {
  return loadStyle(new URL(`${name}.css`, new URL('.', script)).href);
}

function loadStyle(href: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const link = document.createElement('link');
    link.rel = 'stylesheet';
    link.href = href;
    link.onload = () => {
      resolve();
    };
    link.onerror = () => {
      link.remove();
      reject(new Error('a style did not load'));
    };
    document.head.append(link);
  });
}
