import type { Connection } from '../../protocol/connection.js';
import type { DepartureDue } from './departure.js';

/** A counted connection, with a socket of type `Link` or, for a while, without one. */
export interface Member<Link> {
  readonly key: string;
  connection: Connection;
  link: Link | undefined;
  /** Set while it has no socket. */
  due: DepartureDue | undefined;
  /** The roster has it. */
  counted: boolean;
  /** Its client had it elsewhere before. */
  resumed: boolean;
}

/**
 * Who of a session is connected to this process. A join with the key of a member *is* that member, as
 * long as it is counted. Pure: the caller brings the time.
 */
export class Membership<Link> {
  readonly #byKey = new Map<string, Member<Link>>();
  readonly #byId = new Map<string, Member<Link>>();
  /** Made when it is needed: most sessions are small, and an empty set takes 150 bytes. */
  #due: Set<Member<Link>> | undefined;

  get size(): number {
    return this.#byKey.size;
  }

  withKey(key: string): Member<Link> | undefined {
    return this.#byKey.get(key);
  }

  withId(connectionId: string): Member<Link> | undefined {
    return this.#byId.get(connectionId);
  }

  add(key: string, connection: Connection, link: Link): Member<Link> {
    const member: Member<Link> = { key, connection, link, due: undefined, counted: false, resumed: false };
    this.#byKey.set(key, member);
    this.#byId.set(connection.connectionId, member);
    return member;
  }

  /** Gives a member a newer socket. Returns the one it had. */
  resume(member: Member<Link>, link: Link): Link | undefined {
    const older = member.link;
    member.link = link;
    member.due = undefined;
    this.#due?.delete(member);
    return older;
  }

  /** Takes a member's socket away; it stays counted until it is due. */
  lose(member: Member<Link>, due: DepartureDue): void {
    member.link = undefined;
    member.due = due;
    (this.#due ??= new Set()).add(member);
  }

  /** Gives a member another connection: its process lives on as a new incarnation. */
  rename(member: Member<Link>, connection: Connection): void {
    this.#byId.delete(member.connection.connectionId);
    member.connection = connection;
    this.#byId.set(connection.connectionId, member);
  }

  remove(member: Member<Link>): void {
    this.#byKey.delete(member.key);
    this.#byId.delete(member.connection.connectionId);
    this.#due?.delete(member);
  }

  /** Members that are to leave by now. */
  overdue(now: number): Member<Link>[] {
    return [...(this.#due ?? [])].filter(({ due }) => due!.at <= now);
  }

  /** When the next member is to leave, in ms; Infinity where none is. */
  get nextDue(): number {
    let next = Infinity;
    for (const { due } of this.#due ?? []) next = Math.min(next, due!.at);
    return next;
  }
}
