import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { shareSession, type SharedSession } from '../client/shared-session.js';
import type { SessionOptions } from '../client/session.js';
import { Timer } from '../client/timer.js';
import { fetchToken } from '../client/token-url.js';
import type { ConnectionReason } from '../protocol/connection.js';
import { SessionError } from '../protocol/session-error.js';
import type { ConnectionSource } from '../session/connection-source.js';
import type { SessionState } from '../session/session-state.js';
import type { SessionErrorEvent } from '../session/events.js';

/** The element that a {@link SourceController} works for, and what it reads there. */
export interface SourceHost extends ReactiveControllerHost, HTMLElement {
  session?: unknown;
  sessionId?: string | null;
  server?: string | null;
  apiKey?: string | null;
  token?: string | null;
  tokenUrl?: string | null;
  tokenProvider?: (() => Promise<string>) | null;
  observe?: boolean | undefined;
  manual?: boolean | undefined;
}

/** How long a number that is no longer vouched for is shown, in ms. */
const longestStale = 120_000;

/** Stands for a session that was left by `disconnect()`. */
const left = 'left';

/**
 * Keeps an element in touch with its session: makes a ConnectionSource of its attributes, shared with the
 * other elements of the page, or watches the one that it was given. Reads the attributes when the element
 * updates, so that any number of changes, in any order, lead to one connect, and a move in the page to none.
 */
export class SourceController implements ReactiveController {
  /** The source in use. */
  source: ConnectionSource | undefined;
  state: SessionState = 'idle';
  /** Why the state is `disconnected`. */
  reason: ConnectionReason | undefined;
  /** The session's total; undefined where there is none to show. */
  count: number | undefined;
  /** The count is the last known one. */
  stale = false;
  /** What went wrong last, until connected. */
  error: SessionError | undefined;
  /** What went wrong and was not told yet. */
  readonly untold: SessionError[] = [];

  readonly #host: SourceHost;
  /** Whether the page asked for the connection, or for its end; undefined where it left that to `manual`. */
  #asked: boolean | undefined;
  /** What the element was last found to want: a session object, the options of a session, or {@link left}. */
  #wanted: unknown;
  #tokens: string | undefined;
  /** Whether to connect again what ended. */
  #connectDue = false;
  #share: SharedSession | undefined;
  #watching: AbortController | undefined;
  readonly #expiry = new Timer();

  constructor(host: SourceHost) {
    this.#host = host;
    host.addController(this);
  }

  /** Connects: the first time where the element is `manual`, else again. */
  connect(): void {
    this.#asked = true;
    this.#connectDue = true;
    this.#host.requestUpdate();
  }

  /** Gives this element's share back. */
  disconnect(): void {
    this.#asked = false;
    this.#host.requestUpdate();
  }

  hostConnected(): void {
    this.#host.requestUpdate();
  }

  hostDisconnected(): void {
    this.#host.requestUpdate();
  }

  hostUpdate(): void {
    const wanted = this.#want();
    const { token, tokenUrl, tokenProvider } = this.#host;
    // A framework may give another function at each turn: that there is one is what counts.
    const changed = this.#tokens !== (this.#tokens = [token, tokenUrl, !tokenProvider].join());
    if (wanted !== this.#wanted) this.#take(wanted);
    else if (changed && this.state === 'failed') this.#connectDue = true;
    if (this.#connectDue) this.#share?.session.connect();
    this.#connectDue = false;
  }

  #want(): unknown {
    const { constructor, isConnected, session, sessionId, server, apiKey, observe, manual } = this.#host;
    if (!isConnected) return undefined;
    if (session) return session;
    if (!sessionId) return undefined;
    if (this.#asked === false) return left;
    if (!this.#asked && manual) return undefined;
    const address = server ?? (constructor as { defaultServer?: string }).defaultServer;
    return JSON.stringify({
      // The address in full. An anchor, other than URL, throws at nothing.
      server: address && Object.assign(document.createElement('a'), { href: address }).href,
      sessionId: String(sessionId).split('{path}').join(location.pathname),
      apiKey: apiKey ? String(apiKey) : undefined,
      observe: !!observe,
    });
  }

  #take(wanted: unknown): void {
    this.#watching?.abort();
    this.#share?.release();
    this.#share = this.source = this.error = this.reason = undefined;
    this.#wanted = wanted;
    this.stale = false;
    this.state = 'idle';
    try {
      if (wanted === left) {
        this.state = 'disconnected';
        this.reason = 'clientDisconnected';
      } else if (wanted) this.#use(wanted);
    } catch (error) {
      this.#fail(error);
    }
    this.#read();
  }

  #use(wanted: unknown): void {
    if (typeof wanted === 'string') {
      const options = JSON.parse(wanted) as SessionOptions;
      if (!options.server) {
        throw new SessionError(1011, 'The attribute "server" is missing: set it to a session server', true);
      }
      this.#share = shareSession(options, (refused) => this.#nextToken(refused));
      return this.#watch(this.#share.session);
    }
    const source = Object(wanted) as Partial<ConnectionSource>;
    if (source.addEventListener && 'state' in source) return this.#watch(source as ConnectionSource);
    this.state = 'connecting';
    void this.#adapt(wanted);
  }

  /** Makes a ConnectionSource of another platform's object. */
  async #adapt(object: unknown): Promise<void> {
    try {
      const adapters = await import('../adapters/index.js');
      if (this.#wanted === object) this.#watch(adapters.sourceOf(object));
    } catch (error) {
      if (this.#wanted === object) this.#fail(error);
    }
    this.#read();
  }

  async #nextToken(refused: string | undefined): Promise<string | undefined> {
    const { token, tokenProvider, tokenUrl } = this.#host;
    if (token && token !== refused) return token;
    return tokenProvider ? tokenProvider() : tokenUrl ? fetchToken(tokenUrl) : undefined;
  }

  #watch(source: ConnectionSource): void {
    this.source = source;
    const { signal } = (this.#watching = new AbortController());
    for (const type of ['stateChanged', 'countChanged', 'sessionConnected', 'sessionError']) {
      source.addEventListener(
        type,
        (event) => {
          if (type === 'sessionError') this.#fail((event as SessionErrorEvent).error);
          this.#read();
        },
        { signal },
      );
    }
  }

  #fail(error: unknown): void {
    this.state = 'failed';
    this.untold.push((this.error = error as SessionError));
  }

  /** Takes over what the source says now; without one, its own state stays. */
  #read(): void {
    const { state, stale, count, reason } = this.source ?? this;
    const connected = state === 'connected';
    const old = state === 'reconnecting' || (connected && stale);
    this.state = state;
    this.reason = reason;
    if (connected) this.error = undefined;
    if (!old) this.#expiry.stop();
    else if (!this.stale) this.#expiry.start(longestStale, () => this.#read());
    this.stale = old;
    this.count =
      (old ? this.#expiry.running : connected) && Number.isSafeInteger(count) && count! >= 0
        ? count
        : undefined;
    this.#host.requestUpdate();
  }
}
