import type { Server } from 'node:net';

/** Binds; the error names the address. */
export async function listen(
  server: Server,
  { host, port, shared = false }: { host: string; port: number; shared?: boolean },
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, reusePort: shared }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** The port that a server is bound to, 0 when it is not. */
export function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}
