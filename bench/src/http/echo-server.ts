/**
 * The floor: `node echo-server.ts <certificate> <key> <threads>` reads each request to its end and answers with as many
 * bytes as its path says (`/213`), over the same TLS, from as many threads that share a port. Prints `{"port"}`.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

interface ThreadData {
  readonly cert: string;
  readonly key: string;
  readonly port: number;
}

function listen({ cert, key, port }: ThreadData): void {
  const answers = new Map<string, Buffer>();
  const answerOf = (path: string): Buffer => {
    const known = answers.get(path) ?? Buffer.alloc(Number(path.slice(1)) || 0, 0x20);
    answers.set(path, known);
    return known;
  };
  const server = createServer({ cert, key }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => void chunks.push(chunk));
    request.on('end', () => {
      if (chunks.length > 1) Buffer.concat(chunks);
      const body = answerOf(request.url ?? '/');
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
      response.end(body);
    });
  });
  server.listen({ host: '127.0.0.1', port, reusePort: true }, () => {
    parentPort?.postMessage((server.address() as AddressInfo).port);
  });
}

/** Starts one thread after the other; the first settles the port. */
async function startThreads(certificate: string, privateKey: string, threads: number): Promise<number> {
  const [cert, key] = [readFileSync(certificate, 'utf8'), readFileSync(privateKey, 'utf8')];
  let port = 0;
  for (let thread = 0; thread < threads; thread++) {
    const worker = new Worker(new URL(import.meta.url), { workerData: { cert, key, port } satisfies ThreadData });
    port = await new Promise<number>((resolve, reject) => worker.once('message', resolve).once('error', reject));
  }
  return port;
}

if (isMainThread) {
  const [certificate = '', privateKey = '', threads = '1'] = process.argv.slice(2);
  const port = await startThreads(certificate, privateKey, Number(threads));
  process.stdout.write(`${JSON.stringify({ port })}\n`);
} else {
  listen(workerData as ThreadData);
}
