/** What a page keeps of its element's life. */
export interface Log {
  /** All that a visitor could have read off the element, in order. */
  shown: string[];
  errors: { code: number; message: string }[];
  sockets: WebSocket[];
  /** For each time that the page was shown: whether it came out of the back/forward cache. */
  restored: boolean[];
}

/** Runs in each page of a Site, and of any site in Tabs, before its own scripts. */
export function keepLog(): void {
  if (Object.hasOwn(window, 'log')) return;
  const log: Log = { shown: [], errors: [], sockets: [], restored: [] };
  Object.assign(window, { log });
  const Original = WebSocket;
  window.WebSocket = class extends Original {
    constructor(...args: ConstructorParameters<typeof WebSocket>) {
      super(...args);
      log.sockets.push(this);
    }
  };
  for (const type of ['session-count-change', 'session-state-change']) {
    addEventListener(type, ({ target }) => {
      const text = (target as Element).shadowRoot!.querySelector('[part=count]')?.textContent ?? '';
      if (text !== (log.shown.at(-1) ?? '')) log.shown.push(text);
    });
  }
  addEventListener('session-error', (event) => {
    const { code, message } = (event as CustomEvent<{ code: number; message: string }>).detail;
    log.errors.push({ code, message });
  });
  addEventListener('pageshow', ({ persisted }) => log.restored.push(persisted));
}

declare global {
  interface Window {
    log: Log;
  }
}
