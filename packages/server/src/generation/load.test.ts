import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createControl, type GuestImage } from '@ostiary/sandbox';
import { readGatesConfig } from '../config/read.ts';
import { EvaluationPool } from '../evaluation/pool.ts';
import { GateMetrics } from '../metrics/gate-metrics.ts';
import { makeGeneration, type ThreadContext } from '../serving/generation.ts';
import type { FailureMode, LoadContext } from './context.ts';
import { loadGeneration, unloadGeneration, type LoadedGeneration } from './load.ts';
import { ModuleStore } from './module-store.ts';
import { constantPolicy, type ConstantPolicy } from './policy-module.fixture.ts';
import { DEFAULT_POLICY_OPTIONS, type ModuleSource } from './policy-options.ts';
import { Reusable } from './reuse.ts';
import { failedModules, modulesOf, type GenerationSpec } from './spec.ts';
import { TrackedFiles } from './tracked-files.ts';

const YES = { answer: { accepted: true } } as const;
let folder = '';
let pool: EvaluationPool;
let keys = 0;
const images = new Map<string, Promise<GuestImage>>();
const usual: LoadContext['usual'] = new Map();

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ostiary-load-'));
  pool = EvaluationPool.start([createControl(), createControl()]);
});
after(async () => {
  await pool.close();
  await rm(folder, { recursive: true, force: true });
});

async function write(name: string, policy: ConstantPolicy): Promise<string> {
  const path = join(folder, `${name}.wasm`);
  await writeFile(path, constantPolicy(policy));
  return path;
}

interface Files {
  readonly policies?: object;
  readonly admission?: readonly object[];
}

async function load(
  { policies, admission }: Files,
  serving?: GenerationSpec,
  failureMode: FailureMode = 'isolate',
  store: ModuleStore = new ModuleStore({}),
): Promise<LoadedGeneration> {
  const paths = { policies: join(folder, 'policies.json'), admission: join(folder, 'admission.json') };
  await writeFile(paths.policies, JSON.stringify(policies ?? {}));
  await writeFile(paths.admission, JSON.stringify({ modules: admission ?? [] }));
  const files = new TrackedFiles();
  const config = await readGatesConfig(paths, { readFile: (path) => files.read(path) });
  return loadGeneration(keys + 1, config, serving, {
    pool,
    files,
    images,
    usual,
    nextKey: () => ++keys,
    reusable: new Reusable(serving),
    failureMode,
    modules: store.opener(files),
    policies: DEFAULT_POLICY_OPTIONS,
    added: [],
  });
}

function keysOf(spec: GenerationSpec): Record<string, number> {
  return Object.fromEntries(modulesOf(spec).map(({ gate, module }) => [`${gate} ${module.name}`, module.guest.key]));
}

const context = (): ThreadContext => ({
  control: createControl(),
  delegate: () => Promise.reject(new Error('not called')),
  metrics: new GateMetrics(),
  log: () => undefined,
});

test('what has not changed keeps its guests in every thread; equal code is compiled once', async () => {
  const yes = await write('yes', YES);
  const no = await write('no', { answer: { accepted: false } });
  const rule = { operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*'] };
  const gate = { name: 'gate', module: yes, type: 'kubewarden', rules: [rule] };
  const group = { expression: 'a()', message: 'm', policies: { a: { module: yes } } };
  const first = await load({
    policies: { kept: { module: yes }, changed: { module: no }, gone: { module: yes }, group },
    admission: [gate],
  });
  assert.deepEqual(first.problems, []);
  assert.equal(images.size, 2);
  const before = keysOf(first.spec);
  const added = keys;

  const second = await load(
    {
      policies: {
        kept: { module: `file://${yes}`, policyMode: 'monitor', message: 'other words are no other guest' },
        changed: { module: no, settings: { a: 1 } },
        fresh: { module: yes },
        group: { ...group, expression: '!a()' },
      },
      admission: [gate],
    },
    first.spec,
  );
  const now = keysOf(second.spec);
  assert.equal(keys - added, 2, 'only what is new has a new guest');
  for (const name of ['policy kept', 'policy group/a', 'admission gate']) assert.equal(now[name], before[name], name);
  assert.notEqual(now['policy changed'], before['policy changed']);
  assert.equal(images.size, 2);
  assert.equal(second.spec.policies?.get('kept')?.mode, 'monitor');

  const thread = context();
  const old = makeGeneration(first.spec, thread);
  const next = makeGeneration(second.spec, thread, [old]);
  const kept = [...next.runners].filter(([key, runner]) => old.runners.get(key) === runner);
  assert.equal(kept.length, 3, 'runners, averages and warm guests are taken over');
  unloadGeneration(first.spec, second.spec, pool);
  const lease = modulesOf(second.spec).map(({ module }) => module.guest);
  for (const guest of lease) assert.equal((await pool.call(guest, 'validate', [])).ok, true, 'still known to the pool');
});

test('entries that are the same have a guest each', async () => {
  const yes = await write('yes', YES);
  const rule = { operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*'] };
  const gate = { name: 'twin', module: yes, type: 'kubewarden', rules: [rule] };
  const first = await load({ admission: [gate, gate] });
  const second = await load({ admission: [gate, gate] }, first.spec);
  const [a, b] = modulesOf(second.spec).map(({ module }) => module.guest.key);
  assert.notEqual(a, b);
  assert.deepEqual(
    modulesOf(first.spec).map(({ module }) => module.guest.key),
    [a, b],
  );
});

test('a module of a gate that can’t be loaded is put up with at the start, in a mode that isolates', async () => {
  const broken = { name: 'broken', module: join(folder, 'none.wasm'), type: 'kubewarden' };
  const { spec, problems } = await load({ admission: [broken] });
  assert.match(problems.join(), /module 'broken' can't be read/);
  assert.equal(spec.admission?.length, 1);
  const made = makeGeneration(spec, context());
  const outcome = await made.admission![0]!.call('validate', []);
  assert.equal(!outcome.ok && outcome.failure.code, 'unavailable');
  assert.equal((await load({ admission: [broken] }, spec)).problems.length, 1, 'and as long as it stays broken');
  for (const mode of ['strict', 'continueOnErrors'] as const) {
    await assert.rejects(load({ admission: [broken] }, undefined, mode), { code: 'unloadable' });
  }
  const whole = await load({ admission: [{ ...broken, module: await write('yes', YES) }] });
  for (const mode of ['strict', 'continueOnErrors'] as const) {
    await assert.rejects(load({ admission: [broken] }, whole.spec, mode), { code: 'unloadable' });
  }
});

test('a gate that serves is never made worse by a module that can’t be loaded, and the others change', async () => {
  const [yes, other] = [await write('yes', YES), await write('other', { answer: { accepted: false } })];
  const module = (name: string, path: string, more: object = {}): object => ({
    name,
    module: path,
    type: 'kubewarden',
    ...more,
  });
  const none = join(folder, 'none.wasm');
  const first = await load({ admission: [module('a', yes), module('b', yes)] });
  const broken = await load(
    { admission: [module('new', none), module('b', other), module('a', none, { failurePolicy: 'Ignore' })] },
    first.spec,
  );
  assert.deepEqual(
    broken.spec.admission?.map(({ name }) => name),
    ['b', 'a'],
    'a new one stays out until it can be loaded',
  );
  assert.equal(broken.spec.admission?.[1], first.spec.admission?.[0], 'one that served goes on as it was');
  assert.notEqual(keysOf(broken.spec)['admission b'], keysOf(first.spec)['admission b']);
  assert.deepEqual(
    failedModules(broken.spec).map(({ gate, name }) => `${gate} ${name}`),
    ['admission new', 'admission a'],
  );
  unloadGeneration(first.spec, broken.spec, pool);
  const key = broken.spec.admission?.flatMap((one) => ('guest' in one && one.name === 'a' ? [one.guest] : []))[0];
  assert.ok((await pool.call(key!, 'validate_settings', [], 1000)).ok, 'its guests are still there');
  const still = await load({ admission: [module('a', none)] }, broken.spec);
  assert.equal(still.spec.admission?.[0], first.spec.admission?.[0]);
  const fixed = await load({ admission: [module('a', yes)] }, still.spec);
  assert.deepEqual(failedModules(fixed.spec), []);
  assert.equal(keysOf(fixed.spec)['admission a'], keysOf(first.spec)['admission a']);
});

test('a gate goes on as a whole when what was to take a module’s place can’t be loaded', async () => {
  const yes = await write('yes', YES);
  const first = await load({ admission: [{ name: 'a', module: yes, type: 'kubewarden' }] });
  const broken = [{ name: 'b', module: join(folder, 'none.wasm'), type: 'kubewarden' }];
  const second = await load({ admission: broken }, first.spec);
  assert.equal(second.spec.admission, first.spec.admission);
  assert.deepEqual(
    failedModules(second.spec).map(({ gate, name }) => `${gate} ${name}`),
    ['admission b'],
  );
});

test('a module of a gate comes from a registry, once, and is waited for while that is away', async () => {
  const bytes = constantPolicy(YES);
  const digest = createHash('sha256').update(bytes).digest('hex');
  let isAway = true;
  const fetched: string[] = [];
  const registry: ModuleSource = {
    fetch: (url) => {
      fetched.push(url);
      return isAway ? Promise.reject(new Error('away')) : Promise.resolve({ bytes, digest });
    },
  };
  const store = new ModuleStore({ registry });
  const entry = { name: 'm', module: 'registry://r.example/m:v1', type: 'kubewarden' };
  const first = await load({ admission: [entry] }, undefined, 'isolate', store);
  assert.match(first.problems.join(), /module 'm' can't be fetched from registry:\/\/r\.example\/m:v1: away/);
  assert.ok(first.worthRetrying);
  isAway = false;
  const second = await load({ admission: [entry] }, first.spec, 'isolate', store);
  assert.deepEqual(second.problems, []);
  const third = await load({ admission: [entry, { ...entry, name: 'again' }] }, second.spec, 'isolate', store);
  assert.deepEqual(third.problems, []);
  assert.deepEqual(
    modulesOf(third.spec).map(({ module }) => [module.name, module.digest, module.source]),
    [
      ['m', digest, entry.module],
      ['again', digest, entry.module],
    ],
  );
  assert.equal(fetched.length, 2, 'once while it was away, once when it was back');
});

test('a policy whose new version fails goes on with the old one; the others change', async () => {
  const yes = await write('yes', YES);
  const picky = await write('picky', { ...YES, settingsAnswer: { valid: false, message: 'no' } });
  const first = await load({ policies: { a: { module: yes }, b: { module: yes } } });
  const second = await load(
    { policies: { a: { module: picky }, b: { module: yes, policyMode: 'monitor' } } },
    first.spec,
  );
  assert.equal(second.problems.length, 1);
  assert.equal(keysOf(second.spec)['policy a'], keysOf(first.spec)['policy a']);
  assert.equal(second.spec.policies?.get('a')?.refused, 'Policy settings are invalid: no');
  assert.equal(second.spec.policies?.get('b')?.mode, 'monitor');
  await assert.rejects(load({ policies: { a: { module: picky } } }, first.spec, 'strict'), { code: 'unloadable' });
  const fixed = await load({ policies: { a: { module: yes }, b: { module: yes } } }, second.spec);
  assert.equal(fixed.spec.policies?.get('a')?.refused, undefined);
  assert.equal(keysOf(fixed.spec)['policy a'], keysOf(first.spec)['policy a']);
});
