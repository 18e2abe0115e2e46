import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { hostileCases } from '../../guests/hostile/index.ts';
import { admissionReview, HONEST_GATES, ruleFor, UID } from './reviews.ts';
import { NO_SERVER, startServer, type Reply } from './server.ts';

const TIMEOUT_MS = 500;
const allCases = Object.values(hostileCases).flat();

/** Hostile modules by what they do, and the cause that the answer must name. */
const CAUSES: Readonly<Record<string, RegExp>> = {
  'prints two documents': /after the JSON document/,
  'prints nothing': /unexpected end of JSON input/,
  'prints what is not JSON': /expected/,
  'writes 1 GiB to stdout': /output limit/,
  'writes 1 GiB to stdout with one call': /output limit/,
  'writes 1 GiB to stderr, then traps': /unreachable/,
  'writes an answer, then traps': /unreachable/,
  'executes unreachable': /unreachable/,
  'divides by zero': /divide by zero/,
  'throws an exception that nobody catches': /exception/,
  'exits with 0': /proc_exit\(0\)/,
  'exits with 1': /proc_exit\(1\)/,
  loops: /500 ms/,
  'loops and catches everything': /500 ms/,
  'asks for more memory without end': /500 ms/,
  'sleeps for centuries': /limit of/,
  'recurses without end': /stack/,
  'grows its memory as far as it can, then traps': /memory/,
};

suite('hostile modules behind the admission gate', { skip: NO_SERVER ?? false }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ostiary-hostile-'));
  const server = await startServer({
    ...HONEST_GATES,
    admission: [...HONEST_GATES.admission, ...writeModules(folder)],
  });
  after(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const admit = (resource: string): Promise<Reply> => server.post('/admit', JSON.stringify(admissionReview(resource)));

  for (const [name, cause] of Object.entries(CAUSES)) {
    test(`a module that ${name} denies, says why, and the next request is clean`, async () => {
      denied(await admit(slug(name)), slug(name), cause);
      denied(await admit(slug(name)), slug(name), cause);
      allowed(await admit('honest'));
    });
  }
  test('many runaways at once don’t keep the others from being answered', async () => {
    const runaways = Array.from({ length: 12 }, () => admit(slug('loops')));
    const started = performance.now();
    const honest = await Promise.all(Array.from({ length: 20 }, () => admit('honest')));
    const took = performance.now() - started;
    honest.forEach(allowed);
    // Each runaway holds its thread for the whole time limit; in a row they would take 12 of them.
    assert.ok(took < 6 * TIMEOUT_MS, `the honest requests took ${took.toFixed(0)} ms`);
    for (const reply of await Promise.all(runaways)) denied(reply, slug('loops'), /500 ms|unavailable|room/);
  });
});

function writeModules(folder: string): object[] {
  return Object.keys(CAUSES).map((name) => {
    const hostile = allCases.find((each) => each.name === name);
    assert.ok(hostile, `no hostile guest ${name}`);
    const module = join(folder, `${slug(name)}.wasm`);
    writeFileSync(module, hostile.module);
    return { name: slug(name), module, timeout: `${TIMEOUT_MS}ms`, memory: '16Mi', rules: [ruleFor(slug(name))] };
  });
}

function slug(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
}

interface Admission {
  readonly response: {
    readonly uid: string;
    readonly allowed: boolean;
    readonly status?: { readonly code: number; readonly reason: string; readonly message: string };
  };
}

function denied({ status, text }: Reply, module: string, cause: RegExp): void {
  assert.equal(status, 200, text);
  const { response } = JSON.parse(text) as Admission;
  assert.deepEqual([response.uid, response.allowed], [UID, false]);
  assert.deepEqual([response.status?.code, response.status?.reason], [500, 'InternalError']);
  const message = response.status?.message ?? '';
  const prefix = `admission review failed in wasm module '${module}': `;
  assert.ok(message.startsWith(prefix), message);
  assert.match(message.slice(prefix.length), cause);
  assert.ok(message.length < 500, 'the message is short');
}

function allowed({ status, text }: Reply): void {
  assert.equal(status, 200, text);
  assert.deepEqual((JSON.parse(text) as Admission).response, { uid: UID, allowed: true });
}
