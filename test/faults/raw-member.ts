import type { JoinedFrame } from '../../src/protocol/index.js';
import { RawClient, type RawOptions } from '../hostile/raw-client.js';
import type { ServerProcess } from '../system/server-process.js';
import type { ObservedSession, Participant } from './observed-session.js';

let keys = 0;

/** A member whose bytes the test writes, and whose end the test decides. */
export class RawMember implements Participant {
  readonly client: RawClient;
  #connectionId: string | undefined;

  private constructor(client: RawClient, { connection }: JoinedFrame) {
    this.client = client;
    this.#connectionId = connection!.connectionId;
  }

  /** Joins a session, as one of its members. */
  static async join(
    server: ServerProcess,
    session: ObservedSession,
    options?: RawOptions,
  ): Promise<RawMember> {
    const token = await server.token('subscriber', session.sessionId);
    const fields = { sessionId: session.sessionId, token, key: `raw member ${++keys}` };
    const client = await RawClient.join(Number(new URL(server.url).port), fields, options);
    const member = new RawMember(client, JSON.parse(client.texts[0]!) as JoinedFrame);
    session.members.add(member);
    return member;
  }

  /** Until {@link gone}. */
  get connectionId(): string | undefined {
    return this.#connectionId;
  }

  /** Is to be counted no longer. */
  gone(): void {
    this.#connectionId = undefined;
  }

  leave(): void {
    this.gone();
    this.client.socket.destroy();
  }
}
