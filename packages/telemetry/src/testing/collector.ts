import { createSecureServer, createServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

/** The bytes of a message's fields by number; numbers of fixed or variable length are given as their bytes too. */
export type Fields = ReadonlyMap<number, readonly Buffer[]>;

/** Takes a protobuf message apart, one level deep. */
export function fieldsOf(bytes: Buffer): Fields {
  const fields = new Map<number, Buffer[]>();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++]!;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const start = at;
    let value: Buffer;
    if (tag % 8 === 0) {
      varint();
      value = bytes.subarray(start, at);
    } else {
      const length = tag % 8 === 1 ? 8 : tag % 8 === 5 ? 4 : varint();
      value = bytes.subarray(at, (at += length));
    }
    const number = Math.floor(tag / 8);
    fields.set(number, [...(fields.get(number) ?? []), value]);
  }
  return fields;
}

/** All messages at a path of field numbers. */
export function at(bytes: Buffer, ...path: readonly number[]): readonly Buffer[] {
  return path.reduce<readonly Buffer[]>(
    (found, number) => found.flatMap((one) => fieldsOf(one).get(number) ?? []),
    [bytes],
  );
}

export function textAt(bytes: Buffer, ...path: readonly number[]): string | undefined {
  return at(bytes, ...path)[0]?.toString();
}

/** The attributes of a message whose field `number` has them. */
export function attributesAt(bytes: Buffer, number: number): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    at(bytes, number).map((pair) => [textAt(pair, 1), valueOf(at(pair, 2)[0] ?? Buffer.alloc(0))]),
  );
}

function valueOf(value: Buffer): unknown {
  const fields = fieldsOf(value);
  const [text] = fields.get(1) ?? [];
  const [truth] = fields.get(2) ?? [];
  const [integer] = fields.get(3) ?? [];
  if (text) return text.toString();
  if (truth) return truth[0] === 1;
  return integer?.reduceRight((sum, byte) => sum * 128 + (byte & 127), 0);
}

export interface Export {
  /** The method, such as `/opentelemetry.proto.collector.metrics.v1.MetricsService/Export`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly message: Buffer;
}

export interface Collector {
  readonly port: number;
  readonly exports: readonly Export[];
}

/** Takes what is pushed by OTLP over gRPC. */
export async function startCollector(
  t: TestContext,
  tls?: { readonly key: string; readonly cert: string; readonly ca: string },
): Promise<Collector> {
  const exports: Export[] = [];
  const server = tls ? createSecureServer({ ...tls, requestCert: true, rejectUnauthorized: true }) : createServer();
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    const chunks: Buffer[] = [];
    stream.on('error', () => undefined);
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      // A byte for compression, four for the length.
      exports.push({ path: String(headers[':path']), headers, message: Buffer.concat(chunks).subarray(5) });
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(Buffer.alloc(5));
    });
  });
  const sessions = new Set<{ destroy(): void }>();
  server.on('session', (session) => void sessions.add(session));
  server.on('sessionError', () => undefined);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, exports };
}
