import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { HarnessError } from './errors.ts';

/**
 * Ports are taken from below the range operating systems use for outgoing connections (Linux from 32768, others from
 * 49152), so that no connection of another program can take one between the probe here and its use a second later.
 */
const FIRST_PORT = 20_000;
const LAST_PORT = 32_000;
const ATTEMPTS = 100;

/** As many different free TCP ports on 127.0.0.1 as asked for. */
export async function freePorts(count: number): Promise<number[]> {
  const found = new Set<number>();
  for (let attempt = 0; attempt < ATTEMPTS && found.size < count; attempt++) {
    const port = randomInt(FIRST_PORT, LAST_PORT);
    if (await isFree(port)) found.add(port);
  }
  if (found.size < count) throw new HarnessError('NO_FREE_PORT', `no ${count} free ports after ${ATTEMPTS} attempts`);
  return [...found];
}

/** True if nobody listens on this port of 127.0.0.1. */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ port, host: '127.0.0.1', exclusive: true });
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}
