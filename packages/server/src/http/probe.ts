import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { listen, portOf } from './listen.ts';

/** What the probe port tells; each is asked for at the request. */
export interface ProbeReadings {
  /** Whether requests should be sent here, and what stands in the way or is remarkable. */
  readonly readiness: () => { readonly ready: boolean; readonly detail: Readonly<Record<string, unknown>> };
  readonly metrics: () => Promise<string>;
  /** What is served at /policies, as JSON; undefined: nothing is. */
  readonly policies?: (() => unknown) | undefined;
  /** Whether /debug/pprof is answered, with the reason why there are no profiles. */
  readonly pprof?: boolean | undefined;
}

export interface Probe {
  readonly port: number;
  close(): Promise<void>;
}

/** Plain HTTP, as kubelets and Prometheus expect it: liveness, readiness, the policies, metrics. */
export async function startProbe(options: { host: string; port: number } & ProbeReadings): Promise<Probe> {
  const server = createServer((request, response) => void reply(options, request, response));
  await listen(server, options);
  return { port: portOf(server), close: () => close(server) };
}

async function reply(readings: ProbeReadings, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, type, body } = await answer(readings, request.method ?? 'GET', request.url ?? '/');
  const headers = { 'content-length': Buffer.byteLength(body) };
  response.writeHead(status, body === '' ? headers : { ...headers, 'content-type': type });
  response.end(request.method === 'HEAD' ? undefined : body);
}

interface Page {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

async function answer(
  { readiness, metrics, policies, pprof }: ProbeReadings,
  method: string,
  url: string,
): Promise<Page> {
  if (method !== 'GET' && method !== 'HEAD') return json(405, { message: 'the probe port takes GET only' });
  switch (url.split('?', 1)[0] ?? '') {
    case '/livez':
    case '/healthz':
      return json(200, { alive: true });
    case '/readyz': {
      const { ready, detail } = readiness();
      return json(ready ? 200 : 503, { ready, ...detail });
    }
    // Policy servers say no more than that (contract: policy-server §4.1).
    case '/readiness': {
      const { ready, detail } = readiness();
      return ready ? EMPTY : json(503, { ready, ...detail });
    }
    case '/policies':
      return policies ? json(200, policies()) : json(404, { message: 'no policies are served' });
    case '/debug/pprof/cpu':
    case '/debug/pprof/heap':
      return pprof ? json(501, { message: NO_PROFILES }) : json(404, { message: PAGES });
    case '/metrics':
      return { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body: await metrics() };
    default:
      return json(404, { message: PAGES });
  }
}

const PAGES = 'expected /livez, /readyz, /readiness, /healthz, /policies or /metrics';
const NO_PROFILES = 'this server makes no pprof profiles: start it with node --cpu-prof, or attach with node --inspect';
const EMPTY: Page = { status: 200, type: '', body: '' };

function json(status: number, value: unknown): Page {
  return { status, type: 'application/json', body: JSON.stringify(value) };
}

async function close(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
