import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startFront, type Decide, type Front, type FrontOptions } from '../front.ts';
import { rawClient, type RawClient } from './raw-client.ts';

/** Short enough to wait for, long enough for a busy machine. */
export const SHORT_LIMITS = { arrivalMs: 200, keepAliveMs: 400, lingerMs: 200, tickMs: 50 };

/** Answers with the endpoint and the body. */
export const echo: Decide = async (endpoint, body) => ({
  status: 200,
  body: `${endpoint}:${Buffer.from(body).toString()}`,
});

/** A front without TLS for one test. */
export async function front(t: TestContext, options: Partial<FrontOptions> = {}): Promise<Front> {
  const started = await startFront({
    host: '127.0.0.1',
    port: 0,
    shared: false,
    tls: undefined,
    decide: echo,
    ...options,
  });
  t.after(() => started.drain(0));
  return started;
}

/** A connection to a front of its own. */
export async function clientOf(t: TestContext, options: Partial<FrontOptions> = {}): Promise<RawClient> {
  const { port } = await front(t, options);
  const client = rawClient(port);
  t.after(() => client.socket.destroy());
  return client;
}

/** A decision that waits to be made by the test. */
export function pending(): {
  readonly decide: Decide;
  readonly bodies: string[];
  readonly settle: (body: string) => void;
} {
  const bodies: string[] = [];
  const waiting: ((reply: { status: number; body: string }) => void)[] = [];
  return {
    decide: (_endpoint, body) => {
      bodies.push(Buffer.from(body).toString());
      return new Promise((resolve) => void waiting.push(resolve));
    },
    bodies,
    settle: (body) => waiting.shift()?.({ status: 200, body }),
  };
}

/** A request with a body of known length. */
export function post(body: string, { path = '/authn', fields = '' }: { path?: string; fields?: string } = {}): string {
  return `POST ${path} HTTP/1.1\r\nHost: gate\r\n${fields}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** The statuses of all responses in a text. */
export function statuses(text: string): readonly number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}

/** The bodies of all responses in a text; they hold no line ends. */
export function bodies(text: string): readonly string[] {
  return [...text.matchAll(/\r\n\r\n([^\r]*?)(?=HTTP\/1\.1|$)/g)].map(([, body]) => body!);
}

/** Waits until it holds. */
export async function eventually(holds: () => boolean, limitMs = 3000): Promise<void> {
  for (const end = performance.now() + limitMs; !holds(); await sleep(5))
    assert.ok(performance.now() < end, 'not in time');
}
