/**
 * The floor: `node echo-server.ts <threads> [<certificate> <key>]` reads each request to its end, computes for as many
 * microseconds and answers with as many bytes as its path says (`/213/27.5`; `/213` computes nothing), over the same TLS or
 * without it, from as many threads that share a port. Prints `{"port"}`.
 */
import { readFileSync } from 'node:fs';
import { createServer as createPlainServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

interface ThreadData {
  /** Undefined: plain HTTP. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  readonly port: number;
}

function listen({ tls, port }: ThreadData): void {
  const orders = new Map<string, Order>();
  const orderOf = (path: string): Order => {
    const known = orders.get(path) ?? readOrder(path);
    orders.set(path, known);
    return known;
  };
  const answer: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => void chunks.push(chunk));
    request.on('end', () => {
      if (chunks.length > 1) Buffer.concat(chunks);
      const { body, micros } = orderOf(request.url ?? '/');
      if (micros > 0) compute(micros);
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
      response.end(body);
    });
  };
  const server = tls ? createSecureServer(tls, answer) : createPlainServer(answer);
  server.listen({ host: '127.0.0.1', port, reusePort: true }, () => {
    parentPort?.postMessage((server.address() as AddressInfo).port);
  });
}

interface Order {
  readonly body: Buffer;
  readonly micros: number;
}

function readOrder(path: string): Order {
  const [bytes, micros] = path.slice(1).split('/').map(Number);
  return { body: Buffer.alloc(bytes || 0, 0x20), micros: micros || 0 };
}

function compute(micros: number): void {
  const end = performance.now() + micros / 1000;
  while (performance.now() < end);
}

function text(path: string): string {
  return readFileSync(path, 'utf8');
}

/** Starts one thread after the other; the first settles the port. */
async function startThreads(threads: number, tls: ThreadData['tls']): Promise<number> {
  let port = 0;
  for (let thread = 0; thread < threads; thread++) {
    const worker = new Worker(new URL(import.meta.url), { workerData: { tls, port } satisfies ThreadData });
    port = await new Promise<number>((resolve, reject) => worker.once('message', resolve).once('error', reject));
  }
  return port;
}

if (isMainThread) {
  const [threads = '1', certificate, key] = process.argv.slice(2);
  const tls = certificate !== undefined && key !== undefined ? { cert: text(certificate), key: text(key) } : undefined;
  const port = await startThreads(Number(threads), tls);
  process.stdout.write(`${JSON.stringify({ port })}\n`);
} else {
  listen(workerData as ThreadData);
}
