import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { listen, portOf } from './listen.ts';

/** What the probe port tells; each is asked for at the request. */
export interface ProbeReadings {
  /** Whether requests should be sent here, and what stands in the way or is remarkable. */
  readonly readiness: () => { readonly ready: boolean; readonly detail: Readonly<Record<string, unknown>> };
  readonly metrics: () => Promise<string>;
}

export interface Probe {
  readonly port: number;
  close(): Promise<void>;
}

/** Plain HTTP, as kubelets and Prometheus expect it: liveness, readiness with detail, metrics. */
export async function startProbe(options: { host: string; port: number } & ProbeReadings): Promise<Probe> {
  const server = createServer((request, response) => void reply(options, request, response));
  await listen(server, options);
  return { port: portOf(server), close: () => close(server) };
}

async function reply(readings: ProbeReadings, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, type, body } = await answer(readings, request.method ?? 'GET', request.url ?? '/');
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(request.method === 'HEAD' ? undefined : body);
}

interface Page {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

async function answer({ readiness, metrics }: ProbeReadings, method: string, url: string): Promise<Page> {
  if (method !== 'GET' && method !== 'HEAD') return json(405, { message: 'the probe port takes GET only' });
  switch (url.split('?', 1)[0] ?? '') {
    case '/livez':
    case '/healthz':
      return json(200, { alive: true });
    case '/readyz':
    case '/readiness': {
      const { ready, detail } = readiness();
      return json(ready ? 200 : 503, { ready, ...detail });
    }
    case '/metrics':
      return { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body: await metrics() };
    default:
      return json(404, { message: 'expected /livez, /readyz, /readiness, /healthz or /metrics' });
  }
}

function json(status: number, value: unknown): Page {
  return { status, type: 'application/json', body: JSON.stringify(value) };
}

async function close(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
