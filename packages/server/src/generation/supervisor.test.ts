import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createControl } from '@ostiary/sandbox';
import { readGatesConfig } from '../config/read.ts';
import { EvaluationPool } from '../evaluation/pool.ts';
import { constantPolicy } from './policy-module.fixture.ts';
import { DEFAULT_POLICY_OPTIONS, type ModuleSource } from './policy-options.ts';
import { GenerationSupervisor } from './supervisor.ts';

/** A supervisor in strict mode, of a file of policies and a registry that may be away. */
async function supervised(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'ostiary-supervisor-'));
  const pool = EvaluationPool.start([createControl()]);
  const module = constantPolicy({ answer: { accepted: true } });
  const digest = createHash('sha256').update(module).digest('hex');
  const state = { isAway: false };
  const registry: ModuleSource = {
    fetch: () => (state.isAway ? Promise.reject(new Error('away')) : Promise.resolve({ bytes: module, digest })),
  };
  const policies = join(folder, 'policies.json');
  await writeFile(policies, '{}');
  const supervisor = await GenerationSupervisor.start({
    readConfig: (files) => readGatesConfig({ policies }, { readFile: (path) => files.read(path) }),
    pool,
    failureMode: 'strict',
    policies: { ...DEFAULT_POLICY_OPTIONS, registry },
    onReload: () => undefined,
    firstRetryMs: 50,
    log: () => undefined,
  });
  t.after(async () => {
    supervisor.stop();
    await pool.close();
    await rm(folder, { recursive: true, force: true });
  });
  const configure = (entries: object): Promise<void> => writeFile(policies, JSON.stringify(entries));
  const write = async (name: string, bytes: Uint8Array): Promise<string> => {
    await writeFile(join(folder, `${name}.wasm`), bytes);
    return `file://${join(folder, `${name}.wasm`)}`;
  };
  return { supervisor, configure, state, write };
}

test('a request that does not end does not keep the next configuration from serving', async (t) => {
  const { supervisor, configure } = await supervised(t);
  supervisor.swap = (_next, activated) => {
    activated();
    return new Promise(() => undefined);
  };
  for (const id of ['a', 'b', 'c']) {
    await configure({ [id]: { module: 'registry://r/p:1' } });
    await Promise.race([supervisor.reload(), sleep(5000)]);
    assert.deepEqual([...(supervisor.generation.policies?.keys() ?? [])], [id]);
  }
});

test('a configuration that only a registry keeps from serving is tried again, also where nothing may fail', async (t) => {
  const { supervisor, configure, state } = await supervised(t);
  state.isAway = true;
  await configure({ p: { module: 'registry://r/p:1' } });
  await supervisor.reload();
  assert.match(supervisor.problems.join(), /away/);
  state.isAway = false;
  for (let looks = 0; supervisor.problems.length > 0 && looks < 200; looks++) await sleep(20);
  assert.deepEqual([...(supervisor.generation.policies?.keys() ?? [])], ['p']);
});

test('what only refused configurations have used is let go', async (t) => {
  const { supervisor, configure, state, write } = await supervised(t);
  await configure({ p: { module: 'registry://r/p:1' } });
  await supervisor.reload();
  assert.equal(supervisor.images, 1);
  const bad = await write('bad', Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  for (const message of ['one', 'two', 'three']) {
    const good = await write(message, constantPolicy({ answer: { accepted: false, message } }));
    await configure({ p: { module: 'registry://r/p:1' }, good: { module: good }, bad: { module: bad } });
    await supervisor.reload();
    assert.notDeepEqual(supervisor.problems, []);
    assert.equal(supervisor.images, 1, 'only what serves');
  }
  state.isAway = true;
  for (const message of ['four', 'five']) {
    const good = await write(message, constantPolicy({ answer: { accepted: false, message } }));
    await configure({ good: { module: good }, away: { module: 'registry://r/other:1' } });
    await supervisor.reload();
    assert.match(supervisor.problems.join(), /away/);
    assert.equal(supervisor.images, 2, 'and what is tried again soon');
  }
});
