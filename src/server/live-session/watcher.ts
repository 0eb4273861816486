import type { Detail, Visibility } from '../../protocol/client-frames.js';
import type { Connection, Role } from '../../protocol/connection.js';
import type { RosterVersion } from '../../protocol/roster-version.js';
import type { Member } from './membership.js';

/** The way to one client. */
export interface Outlet {
  send(frame: string): void;
  /** Ends the way for good. */
  close(code: number): void;
  /** Nothing more should be sent for the moment: too much is unread, or the other end doesn't answer. */
  readonly blocked: boolean;
}

/** The way from a client whose outlet leads one way only. */
export interface Inlet {
  /** Takes a frame. */
  receive(frame: string): void;
  /** Takes the close code that the client went with. */
  hangUp(code: number): void;
}

/** How often a hidden tab gets news, in ms. */
const hiddenInterval = 15_000;

/** One joined socket: what it wants to hear of, and what it has heard. */
export class Watcher {
  readonly outlet: Outlet;
  readonly role: Role;
  /** Whether it may see the list: a token was shown. */
  readonly mayList: boolean;
  /** Its counted connection; an observer has none. */
  member: Member<Watcher> | undefined;
  detail: Detail = 'count';
  visibility: Visibility = 'visible';
  joined = false;
  /** A sync waits for its answer. */
  asked = false;
  /** It has news to be told of that it could not take yet. */
  deferred = false;
  /** What it was told last: of the total, of the list, and whether it can be relied on. */
  version: RosterVersion = { epoch: 0, seq: 0 };
  listVersion: RosterVersion | undefined;
  stale = false;
  /** When it was sent the last frame, in ms. */
  sentAt = 0;

  constructor(outlet: Outlet, role: Role, mayList: boolean) {
    this.outlet = outlet;
    this.role = role;
    this.mayList = mayList;
  }

  get connection(): Connection | undefined {
    return this.member?.connection;
  }

  /** Whether a frame would reach it and be of use now. */
  receptive(now: number): boolean {
    if (this.outlet.blocked || this.visibility === 'frozen') return false;
    return this.asked || this.visibility === 'visible' || now - this.sentAt >= hiddenInterval;
  }

  send(frame: string, now: number): void {
    this.outlet.send(frame);
    this.sentAt = now;
  }
}
