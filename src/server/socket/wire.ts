/** Hears what happens on a {@link Wire}. */
export interface WireListener {
  onMessage(data: Buffer, binary: boolean): void;
  /** A ping came, or the answer to one. */
  onSignOfLife(): void;
  /** What a client did wrong on the level of RFC 6455, or its network did. A close follows. */
  onError(error: NodeJS.ErrnoException): void;
  /** It is being closed, with a code that the client gave, or that it is given. */
  onClosing(code: number): void;
  /** It is gone. */
  onClose(code: number): void;
}

/** What a client's frames go over: a WebSocket, or a stream that stands for one. */
export interface Wire {
  /** Is set as soon as the wire is open. */
  listener: WireListener | undefined;
  readonly OPEN: number;
  readonly readyState: number;
  /** What was sent and isn't under way yet, in bytes. */
  readonly bufferedAmount: number;
  sendText(text: string): void;
  /** Asks for a sign of life. */
  askForLife(): void;
  /** Has the client go on over another wire, on another process. */
  handOver(): void;
  /** Ends it with a code that the client reads. */
  close(code: number): void;
  /** Ends it at once. */
  terminate(): void;
}
