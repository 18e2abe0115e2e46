import { connect, type ClientHttp2Session, type OutgoingHttpHeaders } from 'node:http2';
import type { TestContext } from 'node:test';

/** A connection of HTTP/2 for one test. */
export function http2Client(t: TestContext, port: number, ca?: string): ClientHttp2Session {
  const session = connect(`${ca === undefined ? 'http' : 'https'}://localhost:${port}`, {
    ...(ca !== undefined && { ca }),
    host: '127.0.0.1',
  });
  session.on('error', () => undefined);
  t.after(() => session.destroy());
  return session;
}

export interface Http2Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** Sends a request, whole or without the body that is to follow, and takes the answer. @throws the error of the stream, also of one that is reset */
export function ask(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  body: string | Uint8Array | undefined,
): Promise<Http2Answer> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':method': 'POST', ...headers }, { endStream: false });
    let answer: Readonly<Record<string, unknown>> | undefined;
    let text = '';
    stream.setEncoding('utf8');
    stream.on('response', (received) => void (answer = received));
    stream.on('data', (chunk: string) => void (text += chunk));
    stream.on('error', (error) => !answer && reject(error));
    stream.on('close', () => {
      if (answer) resolve({ status: Number(answer[':status']), headers: answer, body: text });
      else reject(new Error(`closed with ${stream.rstCode}`));
    });
    if (body !== undefined) stream.end(body);
  });
}
