import type { ClientFrame, JoinFrame } from '../../src/protocol/client-frames.js';
import type { ServerFrame } from '../../src/protocol/server-frames.js';

/** A WebSocket that reaches no network: the test is the server. */
export class ScriptedSocket extends EventTarget {
  static readonly OPEN = 1;
  readyState = 0;
  readonly sent: ClientFrame[] = [];
  onopen?: () => void;
  onmessage?: (event: { data: string }) => void;
  onclose?: (event: { code: number }) => void;

  readonly url: string;
  readonly #server: ScriptedServer;

  constructor(server: ScriptedServer, url: string) {
    super();
    this.#server = server;
    this.url = url;
    queueMicrotask(() => {
      this.readyState = 1;
      this.onopen?.();
    });
  }

  send(text: string): void {
    const frame = JSON.parse(text) as ClientFrame;
    this.sent.push(frame);
    if (frame.type === 'join') queueMicrotask(() => this.#server.answer(this, frame));
  }

  close(code = 1000): void {
    this.readyState = 3;
    queueMicrotask(() => this.onclose?.({ code }));
  }

  receive(frame: ServerFrame): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
}

/** Stands in for the page's WebSocket, and for the session server behind it, until `stop()`. */
export class ScriptedServer {
  readonly sockets: ScriptedSocket[] = [];
  /** What it answers a join: the count, or the close code of a refusal. */
  verdict: (join: JoinFrame) => { count: number } | { code: number } = () => ({ count: 3 });
  readonly #own = globalThis.WebSocket;

  constructor() {
    const open = (url: string): ScriptedSocket => {
      const socket = new ScriptedSocket(this, url);
      this.sockets.push(socket);
      return socket;
    };
    globalThis.WebSocket = Object.assign(
      function (url: string) {
        return open(url);
      },
      { OPEN: 1 },
    ) as unknown as typeof WebSocket;
  }

  /** Every join, in order. */
  get joins(): JoinFrame[] {
    return this.sockets.flatMap(({ sent }) => sent).filter((frame) => frame.type === 'join');
  }

  answer(socket: ScriptedSocket, join: JoinFrame): void {
    const verdict = this.verdict(join);
    if ('code' in verdict) {
      const message = 'Refused by the test';
      socket.receive({ type: 'error', name: 'OT_AUTHENTICATION_ERROR', code: 1004, message, fatal: true });
      socket.close(verdict.code);
      return;
    }
    const id = `${this.sockets.indexOf(socket)}`;
    const connection = join.observe ? undefined : { connectionId: id, creationTime: 0, data: '' };
    const joined = { type: 'joined', role: 'publisher', resumed: false, epoch: 1, seq: 1 } as const;
    socket.receive({ ...joined, ...(connection && { connection }), heartbeat: 25_000, count: verdict.count });
  }

  stop(): void {
    globalThis.WebSocket = this.#own;
  }
}
