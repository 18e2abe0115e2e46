import { connect as connectTcp, type Socket } from 'node:net';

/** A connection that sends bytes as they are given and keeps all that comes back. */
export interface RawClient {
  readonly socket: Socket;
  /** All that has come back, as text. */
  received(): string;
  send(text: string | Uint8Array): void;
  /** Resolves when what came back matches; rejects when the connection closes or takes `limitMs` without. */
  until(pattern: RegExp, limitMs?: number): Promise<void>;
  /** Resolves when both sides have ended, or the connection was cut; with the error code if it was. */
  closed(limitMs?: number): Promise<string | undefined>;
}

const PATIENCE_MS = 5000;

export function rawClient(port: number): RawClient {
  return rawClientOn(connectTcp({ port, host: '127.0.0.1', allowHalfOpen: false }));
}

export function rawClientOn(socket: Socket): RawClient {
  let text = '';
  let error: string | undefined;
  let isClosed = false;
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => void (text += chunk));
  socket.on('error', (cause: NodeJS.ErrnoException) => void (error = cause.code ?? cause.message));
  socket.on('close', () => void (isClosed = true));

  const holds = (condition: () => boolean, limitMs: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (condition()) done(resolve);
        else if (isClosed) done(() => reject(new Error(`closed (${error}) after ${JSON.stringify(text.slice(-300))}`)));
      };
      const timer = setTimeout(() => done(() => reject(new Error(`waited for ${limitMs} ms`))), limitMs);
      const done = (settle: () => void): void => {
        clearTimeout(timer);
        for (const event of ['data', 'close']) socket.off(event, look);
        settle();
      };
      for (const event of ['data', 'close']) socket.on(event, look);
      look();
    });

  return {
    socket,
    received: () => text,
    send: (bytes) => void socket.write(bytes),
    until: (pattern, limitMs = PATIENCE_MS) => holds(() => pattern.test(text), limitMs),
    closed: async (limitMs = PATIENCE_MS) => {
      await holds(() => isClosed, limitMs);
      return error;
    },
  };
}
