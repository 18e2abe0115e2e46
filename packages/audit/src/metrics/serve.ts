import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AuditMetrics } from './metrics.ts';

export interface MetricsServer {
  readonly port: number;
  readonly close: () => Promise<void>;
}

/** Answers `/metrics` and `/healthz` over plain HTTP. Rejects when the address can't be had. */
export async function serveMetrics(metrics: AuditMetrics, host: string, port: number): Promise<MetricsServer> {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, (request, response) => {
    const path = request.url?.split('?')[0];
    const isKnown = path === '/metrics' || path === '/healthz';
    response.writeHead(isKnown ? 200 : 404, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
    response.end(path === '/metrics' ? metrics.text() : isKnown ? 'ok\n' : 'not found\n');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
