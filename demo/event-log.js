import { connectionName } from './connection-name.js';

const mostEntries = 200;
const mostNames = 5;

function names(connections) {
  const shown = connections.slice(0, mostNames).map(connectionName);
  const rest = connections.length - shown.length;
  return shown.join(', ') + (rest ? ` and ${rest} more` : '');
}

/** The list of what happened, newest first. */
export class EventLog {
  #list;
  #listening;

  constructor(list) {
    this.#list = list;
  }

  /** @param kind A word for the style sheet: what sort of thing happened. */
  add(kind, type, text, reason) {
    const entry = document.createElement('li');
    entry.className = kind;
    const time = document.createElement('time');
    time.textContent = new Date().toLocaleTimeString('en-GB');
    const parts = { b: type, span: text, em: reason };
    entry.append(time);
    for (const [tag, content] of Object.entries(parts)) {
      if (!content) continue;
      const part = document.createElement(tag);
      part.textContent = content;
      entry.append(' ', part);
    }
    this.#list.prepend(entry);
    while (this.#list.childElementCount > mostEntries) this.#list.lastElementChild.remove();
  }

  /** Writes down what an element tells. */
  followElement(element) {
    element.addEventListener('session-state-change', ({ detail: { state, reason } }) =>
      this.add('state', 'session-state-change', state, reason),
    );
    element.addEventListener('session-error', ({ detail: { name, code, message } }) =>
      this.add('error', 'session-error', `${code} ${name}: ${message}`),
    );
  }

  /** Writes down the events of a source, in place of the source before. */
  followSource(source) {
    this.#listening?.abort();
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    const tell = (kind, text, event) => this.add(kind, event.type, text, event.reason);
    const listeners = {
      sessionConnected: (event) => tell('state', names(event.connections), event),
      sessionDisconnected: (event) => tell('state', '', event),
      connectionCreated: (event) => tell('created', names(event.connections), event),
      connectionDestroyed: (event) => tell('destroyed', names(event.connections), event),
    };
    for (const [type, listener] of Object.entries(listeners)) {
      source?.addEventListener(type, listener, { signal });
    }
  }
}
