import { fixture, oneEvent } from '@open-wc/testing';
import { executeServerCommand } from '@web/test-runner-commands';
import '../../src/index.js';
import { Session, type SessionOptions } from '../../src/client/index.js';
import type { SessionConnectionCountElement } from '../../src/element/index.js';

/** Gives a command to the test server: see session-server.mjs and token-addresses.mjs. */
export const command = <Result>(name: string, payload?: object): Promise<Result> =>
  executeServerCommand<Result, object | undefined>(name, payload);

/** A session of the real server that no other test is in, and who is in it. */
export class RealSession {
  readonly sessionId: string;
  /** Where the server is. */
  url = '';
  readonly #others: Session[] = [];

  /** @param prefix What the session's id begins with: `open-` for one that needs no token. */
  constructor(prefix = 'session') {
    this.sessionId = `${prefix}-${crypto.randomUUID()}`;
  }

  async start(): Promise<this> {
    this.url = await command('session-server:url');
    return this;
  }

  token(role = 'subscriber'): Promise<string> {
    return command('session-server:token', { sessionId: this.sessionId, role });
  }

  wrongToken(wrong: string): Promise<string> {
    return command('session-server:wrong-token', { sessionId: this.sessionId, wrong });
  }

  /** Removes a connection, as a moderator's server does. */
  async remove(element: SessionConnectionCountElement): Promise<void> {
    const { connectionId } = element.source!.connection!;
    await command('session-server:remove', { sessionId: this.sessionId, connectionId });
  }

  /** Somebody else joins, as a connection of their own. */
  async join(role = 'subscriber', options: Partial<SessionOptions> = {}): Promise<Session> {
    const { url, sessionId } = this;
    const session = new Session({ server: url, sessionId, token: await this.token(role), ...options });
    this.#others.push(session);
    session.connect();
    await changed(session, () => session.state === 'connected');
    return session;
  }

  /**
   * Puts an element of this session on the page.
   *
   * @param given Attributes by their names.
   */
  async place(
    given: Record<string, string> = {},
    properties: Partial<SessionConnectionCountElement> = {},
    page?: Element,
  ): Promise<SessionConnectionCountElement> {
    const element = document.createElement('session-connection-count');
    const attributes = { 'session-id': this.sessionId, server: this.url, lang: 'en', ...given };
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    Object.assign(element, properties);
    (page ?? (await fixture('<div></div>'))).append(element);
    return element;
  }

  /** Everybody else leaves. */
  end(): void {
    for (const session of this.#others) session.disconnect();
  }
}

/** Waits until a condition holds for a client. */
export async function changed(session: Session, condition: () => unknown): Promise<void> {
  while (!condition()) {
    await Promise.race(
      ['stateChanged', 'countChanged'].map((type) => oneEvent(session as unknown as Element, type)),
    );
  }
}

const types = ['session-state-change', 'session-count-change', 'session-error'] as const;

/** Waits until a condition holds for an element. */
export async function until(element: SessionConnectionCountElement, condition: () => unknown): Promise<void> {
  await element.updateComplete;
  while (!condition()) await Promise.race(types.map((type) => oneEvent(element, type)));
}

/** Waits until an element is in a state. */
export const become = (element: SessionConnectionCountElement, state: string): Promise<void> =>
  until(element, () => element.state === state);

/** Waits until an element has this total for a present one. */
export const counts = (element: SessionConnectionCountElement, count: number): Promise<void> =>
  until(element, () => element.count === count && element.state === 'connected' && !element.source!.stale);
