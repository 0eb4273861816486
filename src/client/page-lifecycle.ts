import type { Visibility } from '../protocol/client-frames.js';

/** What a session wants to know of the page that it lives in. */
export interface PageListener {
  /** The page goes away, for good or into the back/forward cache. */
  hide(): void;
  /** The page came, at first or back out of that cache. */
  show(): void;
  visibility(state: Visibility): void;
  /** The socket may have died unnoticed: the page was frozen, or the network came back. */
  suspect(): void;
}

/** How much of the page its visitor sees; `visible` where there is no page. */
export const pageVisibility = (): Visibility =>
  globalThis.document?.visibilityState === 'hidden' ? 'hidden' : 'visible';

/** Watches the page until the returned function is called. Does nothing where there is no page. */
export function watchPage(page: PageListener): () => void {
  if (!globalThis.document) return () => {};
  const watching = new AbortController();
  const on = (target: EventTarget, type: string, listener: () => void): void =>
    target.addEventListener(type, listener, { signal: watching.signal });
  on(window, 'pagehide', () => page.hide());
  on(window, 'pageshow', () => page.show());
  on(window, 'online', () => page.suspect());
  on(document, 'visibilitychange', () => page.visibility(pageVisibility()));
  on(document, 'freeze', () => page.visibility('frozen'));
  on(document, 'resume', () => {
    page.visibility(pageVisibility());
    page.suspect();
  });
  return () => watching.abort();
}

/** Runs at once, or when a page that the browser renders ahead of a visit is really visited. */
export function whenVisited(callback: () => void): void {
  if ((globalThis.document as { prerendering?: boolean } | undefined)?.prerendering) {
    document.addEventListener('prerenderingchange', callback, { once: true });
  } else {
    callback();
  }
}
