import type { Visibility } from '../protocol/client-frames.js';

/**
 * What happened to the page that a session lives in: it goes away (for good or into the back/forward cache), it came
 * (at first or back out of that cache), its socket may have died unnoticed, or another part of it is seen.
 */
export type PageNews = 'hide' | 'show' | 'suspect' | Visibility;

/** How much of the page its visitor sees; `visible` where there is no page. */
export const pageVisibility = (): Visibility =>
  globalThis.document?.visibilityState === 'hidden' ? 'hidden' : 'visible';

/** Watches the page until the returned function is called. Does nothing where there is no page. */
export function watchPage(tell: (news: PageNews) => void): () => void {
  if (!globalThis.document) return () => {};
  const watching = new AbortController();
  const on = (target: EventTarget, type: string, news?: PageNews): void =>
    target.addEventListener(type, () => tell(news ?? pageVisibility()), { signal: watching.signal });
  on(window, 'pagehide', 'hide');
  on(window, 'pageshow', 'show');
  on(window, 'online', 'suspect');
  on(document, 'visibilitychange');
  on(document, 'freeze', 'frozen');
  on(document, 'resume');
  on(document, 'resume', 'suspect');
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
