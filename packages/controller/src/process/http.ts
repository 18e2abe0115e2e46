import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers GET requests of probes and of Prometheus. */
export interface PlainServer {
  readonly port: number;
  readonly stop: () => Promise<void>;
}

export interface PlainAnswer {
  readonly status: number;
  readonly type?: string;
  readonly body: string;
}

/** Listens on `host:port`, `:port` or a port; rejects if it can't be had. */
export async function startPlainServer(
  address: string,
  routes: Readonly<Record<string, () => PlainAnswer>>,
): Promise<PlainServer> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
    const { status, type = 'text/plain; charset=utf-8', body } = route?.() ?? { status: 404, body: 'not found\n' };
    response.writeHead(status, { 'content-type': type });
    response.end(body);
  });
  const { host, port } = splitAddress(address);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, ...(host === '' ? {} : { host }) }, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The parts of a Go listen address; IPv6 stands in brackets. */
export function splitAddress(address: string): { readonly host: string; readonly port: number } {
  const at = address.lastIndexOf(':');
  const host = at < 0 ? '' : address.slice(0, at).replace(/^\[(.*)\]$/, '$1');
  return { host, port: Number(address.slice(at + 1)) };
}
