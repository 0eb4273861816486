import type { ConnectionReason } from '../../src/protocol/connection.js';
import { SessionError } from '../../src/protocol/session-error.js';
import { SessionErrorEvent, StateChangeEvent, CountChangeEvent } from '../../src/session/events.js';
import type { SessionState } from '../../src/session/session-state.js';

/** What a scripted source is told to be. */
export interface Scene {
  state?: SessionState;
  count?: number | undefined;
  stale?: boolean;
  selfCounted?: boolean;
  reason?: ConnectionReason;
}

/** A ConnectionSource that is in no session: it is what the test says, and says so. */
export class ScriptedSource extends EventTarget {
  state: SessionState = 'idle';
  reason: ConnectionReason | undefined;
  count: number | undefined;
  stale = false;
  selfCounted = false;
  connection = undefined;
  connections = undefined;
  /** How many listeners there are. */
  listeners = 0;

  constructor(scene: Scene = {}) {
    super();
    this.play(scene);
  }

  play({ state = this.state, reason, ...scene }: Scene): void {
    const previous = this.count;
    const changed = state !== this.state;
    Object.assign(this, { state, reason, ...scene });
    if (changed) this.dispatchEvent(new StateChangeEvent(state, reason));
    this.dispatchEvent(new CountChangeEvent(this.count, previous));
  }

  fail(message: string, fatal = false): void {
    this.dispatchEvent(new SessionErrorEvent(new SessionError(2001, message, fatal)));
  }

  override addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: AddEventListenerOptions,
  ): void {
    super.addEventListener(type, listener, options);
    this.listeners++;
    options?.signal?.addEventListener('abort', () => this.listeners--);
  }
}
