import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { freePorts, isFree } from './ports.ts';

test('ports are different and below those of outgoing connections', async () => {
  const ports = await freePorts(20);
  assert.equal(new Set(ports).size, 20);
  for (const port of ports) assert.ok(port >= 20_000 && port < 32_768, String(port));
});

test('a port somebody listens on is not free', async () => {
  const [port = 0] = await freePorts(1);
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  assert.equal(await isFree(port), false);
  await new Promise((resolve) => server.close(resolve));
  assert.equal(await isFree(port), true);
});
