import { connectionName } from './connection-name.js';

const changes = ['sessionConnected', 'connectionCreated', 'connectionDestroyed', 'stateChanged'];

/** The connections of a source; a moderator gets a button for each to remove it. */
export class ConnectionList {
  #list;
  #note;
  #onError;
  #entries = new Map();
  #source;
  #listening;

  /** @param onError Called with what `forceDisconnect` rejects with. */
  constructor(list, note, onError) {
    this.#list = list;
    this.#note = note;
    this.#onError = onError;
  }

  /** Shows the connections of a source, in place of the source before. */
  follow(source) {
    this.#listening?.abort();
    this.#listening = new AbortController();
    this.#source = source;
    this.#list.replaceChildren();
    this.#entries.clear();
    const { signal } = this.#listening;
    for (const type of changes) source?.addEventListener(type, () => this.#draw(), { signal });
    this.#draw();
  }

  /** Entries stay where they are, so that a button under the pointer or with the focus stays, too. */
  #draw() {
    const { connections, connection: own, role, state } = this.#source ?? {};
    this.#note.textContent =
      state !== 'connected'
        ? 'Not in the session.'
        : !connections
          ? 'This token shows the total alone.'
          : role === 'moderator'
            ? 'Your token is a moderator’s: you may remove the others.'
            : 'To remove others takes a moderator’s token.';
    for (const [id, entry] of this.#entries) {
      if (connections?.has(id)) continue;
      entry.remove();
      this.#entries.delete(id);
    }
    for (const connection of connections?.values() ?? []) {
      const { connectionId } = connection;
      if (this.#entries.has(connectionId)) continue;
      const entry = this.#entry(connection, connectionId === own?.connectionId, role === 'moderator');
      this.#entries.set(connectionId, entry);
      this.#list.append(entry);
    }
  }

  #entry(connection, isOwn, removable) {
    const entry = document.createElement('li');
    const name = document.createElement('b');
    name.textContent = connectionName(connection);
    const since = document.createElement('time');
    since.textContent = new Date(connection.creationTime).toLocaleTimeString('en-GB');
    entry.append(name, ' ', since);
    if (isOwn) {
      const mark = document.createElement('em');
      mark.textContent = 'this tab';
      entry.append(' ', mark);
    } else if (removable) {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = 'Remove';
      button.setAttribute('aria-label', `Remove ${name.textContent}`);
      button.addEventListener('click', () => this.#remove(connection, button));
      entry.append(' ', button);
    }
    return entry;
  }

  async #remove(connection, button) {
    button.disabled = true;
    try {
      await this.#source.forceDisconnect(connection.connectionId);
    } catch (error) {
      button.disabled = false;
      this.#onError(error);
    }
  }
}
