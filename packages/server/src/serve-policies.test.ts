import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { readGatesConfig } from './config/read.ts';
import type { AnswerHostCall } from './hostcalls/contract.ts';
import { createVersions } from './hostcalls/versions.ts';
import { constantPolicy, type ConstantPolicy } from './generation/policy-module.fixture.ts';
import { serve, type RunningServer, type ServeOptions } from './serve.ts';

const RELOAD_LIMIT_MS = 5000;
let folder = '';
let server: RunningServer | undefined;
const logged: string[] = [];

interface Answer {
  readonly status: number;
  readonly body: {
    readonly response?: { readonly allowed: boolean; readonly status?: object };
    readonly message?: string;
  };
}

async function write(name: string, policy: ConstantPolicy): Promise<string> {
  const path = join(folder, `${name}.wasm`);
  await writeFile(path, constantPolicy(policy));
  return path;
}

async function configure(policies: object): Promise<void> {
  await writeFile(join(folder, 'policies.yml'), JSON.stringify(policies));
}

async function start(more: Partial<ServeOptions> = {}): Promise<RunningServer> {
  return serve({
    readConfig: (files) =>
      readGatesConfig({ policies: join(folder, 'policies.yml') }, { readFile: (path) => files.read(path) }),
    host: '127.0.0.1',
    port: 0,
    probePort: 0,
    tls: undefined,
    servingThreads: 1,
    evaluationThreads: 3,
    failureMode: 'isolate',
    log: (level, message, fields) => void logged.push(JSON.stringify({ level, message, ...fields })),
    logFormat: { level: 'error', format: 'text' },
    ...more,
  });
}

async function post(path: string, body: unknown = review()): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${server?.port}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

function review(namespace = 'default'): object {
  return {
    request: {
      uid: 'u1',
      kind: { group: '', version: 'v1', kind: 'Pod' },
      resource: { group: '', version: 'v1', resource: 'pods' },
      requestKind: { group: '', version: 'v1', kind: 'Pod' },
      operation: 'CREATE',
      namespace,
      userInfo: {},
      object: { a: 1 },
    },
  };
}

async function until(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  const end = performance.now() + RELOAD_LIMIT_MS;
  while (!(await holds())) {
    if (performance.now() > end) assert.fail(`not within ${RELOAD_LIMIT_MS} ms: ${what}`);
    await sleep(20);
  }
}

async function metrics(): Promise<string> {
  return (await fetch(`http://127.0.0.1:${server?.probePort}/metrics`)).text();
}

async function allowed(id: string): Promise<boolean | undefined> {
  return (await post(`/validate/${id}`)).body.response?.allowed;
}

const YES = { answer: { accepted: true } } as const;
const NO = { answer: { accepted: false, message: 'no' } } as const;

describe('a server of policies', () => {
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ostiary-policies-'));
    const [yes, no, never, picky] = await Promise.all([
      write('yes', YES),
      write('no', NO),
      write('never', { answer: 'never' }),
      write('picky', { ...YES, settingsAnswer: { valid: false, message: 'too picky' } }),
    ]);
    await configure({
      yes: { module: `file://${yes}`, namespacedName: { any: 'thing' } },
      no: { module: no, message: 'ask the owner' },
      watched: { module: no, policyMode: 'monitor' },
      slow: { module: never, timeoutEvalSeconds: 1 },
      picky: { module: picky, policyMode: 'monitor' },
      gone: { module: join(folder, 'gone.wasm') },
      both: {
        expression: 'yes() && no()',
        message: 'not both',
        policies: { yes: { module: yes }, no: { module: no } },
      },
      broken: { expression: 'yes() && other()', message: 'm', policies: { yes: { module: yes } } },
    });
    server = await start({ alwaysAcceptNamespace: 'kubewarden' });
  });
  after(async () => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test('answers for each policy', async () => {
    const rows: [path: string, response: object][] = [
      ['/validate/yes', { uid: 'u1', allowed: true }],
      [
        '/validate/no',
        {
          uid: 'u1',
          allowed: false,
          status: { message: 'ask the owner', details: { causes: [{ reason: null, message: 'no', field: null }] } },
        },
      ],
      ['/audit/no', { uid: 'u1', allowed: false, status: { message: 'no' } }],
      ['/validate/watched', { uid: 'u1', allowed: true }],
      ['/audit/watched', { uid: 'u1', allowed: false, status: { message: 'no' } }],
      [
        '/validate/both',
        {
          uid: 'u1',
          allowed: false,
          status: {
            message: 'not both',
            details: { causes: [{ reason: null, message: 'no', field: 'spec.policies.no' }] },
          },
        },
      ],
      ['/validate/both%2Fyes', { uid: 'u1', allowed: true }],
      [
        '/validate/slow',
        {
          uid: 'u1',
          allowed: false,
          status: { message: 'Policy execution interrupted because it exceeded the allowed execution time', code: 500 },
        },
      ],
      [
        '/validate/picky',
        { uid: 'u1', allowed: false, status: { message: 'Policy settings are invalid: too picky', code: 500 } },
      ],
      [
        '/validate/broken',
        {
          uid: 'u1',
          allowed: false,
          status: { message: 'error evaluating policy group expression: unknown member "other"', code: 500 },
        },
      ],
    ];
    for (const [path, response] of rows) {
      assert.deepEqual(
        await post(path),
        {
          status: 200,
          body: {
            kind: 'AdmissionReview',
            apiVersion: 'admission.k8s.io/v1',
            response: { ...response, auditAnnotations: null, warnings: null },
          },
        },
        path,
      );
    }
    assert.match(
      JSON.stringify(await post('/validate/gone')),
      /bootstrap failure: gone: Error while downloading policy 'gone' from .*gone\.wasm: ENOENT/,
    );
    assert.deepEqual(await post('/validate_raw/yes', { request: { uid: 'r' } }), {
      status: 200,
      body: { response: { uid: 'r', allowed: true, auditAnnotations: null, warnings: null } },
    });
  });

  test('refuses what it can’t ask anybody about', async () => {
    assert.deepEqual(await post('/validate/other'), {
      status: 404,
      body: { message: 'unknown policy: other', status: 404 },
    });
    assert.equal((await post('/validate/other', {})).status, 422, 'the body is looked at first');
    assert.equal((await post('/validate/both%2Fother')).status, 404);
  });

  test('lets its own namespace pass, whatever the state of the policy, if there is one', async () => {
    for (const path of ['/validate/no', '/audit/no', '/validate/picky', '/validate/both']) {
      assert.equal((await post(path, review('kubewarden'))).body.response?.allowed, true, path);
    }
    assert.equal((await post('/validate/other', review('kubewarden'))).status, 404);
  });

  test('tells of its policies', () => {
    const list = new Map(server?.policies().map((entry) => [entry.id, entry]));
    const { digest, ...yes } = list.get('yes')!;
    assert.match(digest ?? '', /^sha256:[0-9a-f]{64}$/);
    assert.deepEqual(yes, {
      id: 'yes',
      mode: 'protect',
      kind: 'wapc',
      state: 'ready',
      module: `file://${folder}/yes.wasm`,
    });
    assert.equal(list.get('both')?.members?.length, 2);
    assert.equal(list.get('picky')?.error, 'Policy settings are invalid: too picky');
    assert.equal(list.get('broken')?.state, 'failed');
  });

  test('counts evaluations by the original’s names', async () => {
    const text = await metrics();
    assert.match(
      text,
      /kubewarden_policy_evaluations_total\{policy_name="no",policy_mode="protect",accepted="false",mutated="false",resource_kind="Pod",resource_request_operation="CREATE",request_origin="audit",resource_namespace="default"\} 1\n/,
    );
    assert.match(text, /kubewarden_policy_evaluations_total\{policy_name="picky",initialization_error="true"\} 1\n/);
    assert.match(
      text,
      /kubewarden_policy_evaluations_total\{policy_name="yes",policy_mode="protect",accepted="true",mutated="false"\} 1\n/,
    );
    assert.match(text, /kubewarden_policy_evaluation_latency_milliseconds_bucket\{.*le="10000"\} 1\n/);
    assert.match(text, /ostiary_policies\{state="failed"\} 3\n/);
    assert.doesNotMatch(text, /policy_name="other"/);
  });

  test('loads again what has changed, and only that', async () => {
    const before = await metrics();
    const calls = (text: string): string | undefined =>
      /ostiary_module_call_duration_seconds_count\{gate="policy",module="yes"\} (\d+)/.exec(text)?.[1];
    assert.ok(Number(calls(before)) > 0);
    await write('gone', NO);
    await until(
      'the module that was missing serves',
      async () =>
        (await allowed('gone')) === false && server?.policies().find(({ id }) => id === 'gone')?.state === 'ready',
    );
    await write('gone', YES);
    await until('its new version serves', async () => (await allowed('gone')) === true);
    await writeFile(join(folder, 'gone.wasm'), 'no module');
    await until('a bad version is reported', () =>
      (server?.policies().find(({ id }) => id === 'gone')?.error ?? '').includes('a newer version is refused: '),
    );
    assert.equal(await allowed('gone'), true, 'and the old one goes on');
  });
});

describe('a server that finds bad policies', () => {
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ostiary-policies-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  test('does not start in strict mode, and names each of them', async () => {
    await configure({
      a: { module: await write('old', { ...YES, metadata: null }) },
      b: { module: await write('picky', { ...YES, settingsAnswer: { valid: false } }) },
      c: { module: await write('newer', { ...YES, metadata: { minimumKubewardenVersion: '99.0.0' } }) },
      d: { module: 'ftp://example/x.wasm' },
      e: { module: 'ghcr.io/x/y:v1' },
    });
    await assert.rejects(start({ failureMode: 'strict' }), (error: Error) => {
      assert.match(
        error.message,
        /policies\.yml:1:\d+: policy 'a': bootstrap failure: a: Policy is missing protocol version/,
      );
      assert.match(error.message, /policy 'b': Policy settings are invalid: no message/);
      assert.match(error.message, /policy 'c': bootstrap failure: c: Policy required Kubewarden version 99\.0\.0/);
      assert.match(error.message, /policy 'd': .*unknown scheme ftp/);
      assert.match(error.message, /policy 'e': .*this server has no registry client/);
      return true;
    });
  });

  test('starts without them when told to go on, but not with a capability that is none', async () => {
    const yes = await write('yes', YES);
    await configure({ a: { module: yes }, b: { module: join(folder, 'none.wasm') } });
    server = await start({ failureMode: 'continueOnErrors' });
    assert.equal(await allowed('a'), true);
    assert.equal(await allowed('b'), false);
    await server.stop();
    await configure({ a: { module: yes, hostCapabilities: ['x'] } });
    const checkHostCapabilities = (patterns: readonly string[]): void => {
      if (patterns.includes('x')) throw new Error('no such thing');
    };
    await assert.rejects(start({ failureMode: 'continueOnErrors', policies: { checkHostCapabilities } }), {
      message: /bootstrap failure: invalid hostCapabilities pattern for policy a: no such thing/,
    });
  });

  test('lets policies ask their host, each with its own grants', async () => {
    const asks = await write('asks', { answer: 'asked' });
    await configure({ a: { module: asks, hostCapabilities: ['test/*'] }, b: { module: asks } });
    const answer: AnswerHostCall = ({ binding, namespace, operation }, { policy, grants }) => {
      assert.deepEqual([binding, namespace, operation], ['kubewarden', 'test', 'answer']);
      const accepted = grants.hostCapabilities.includes('test/*');
      const payload = new TextEncoder().encode(JSON.stringify({ accepted, message: policy }));
      return Promise.resolve({ answer: { ok: true, payload }, validity: { kind: 'once' } });
    };
    server = await start({ hostCalls: { answer, versions: createVersions() } });
    assert.deepEqual([await allowed('a'), await allowed('b')], [true, false]);
    await server.stop();
    server = await start();
    assert.equal(await allowed('a'), false, 'without anyone to ask');
    await server.stop();
  });

  test('fetches a module from the web once, and believes no page of an error', async () => {
    let asked = 0;
    const web = createServer((request, response) => {
      asked++;
      response.statusCode = request.url === '/yes.wasm' ? 200 : 404;
      response.end(constantPolicy(YES));
    });
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    const at = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
    await configure({
      a: { module: `${at}/yes.wasm` },
      b: { module: `${at}/yes.wasm` },
      c: { module: `${at}/no.wasm` },
    });
    server = await start();
    assert.deepEqual([await allowed('a'), await allowed('b'), asked], [true, true, 2]);
    assert.match(JSON.stringify(await post('/validate/c')), /the server answered with status 404/);
    await configure({ a: { module: `${at}/yes.wasm` }, d: { module: `${at}/yes.wasm`, policyMode: 'monitor' } });
    await until('the new policy serves', async () => (await post('/validate/d')).status === 200);
    assert.equal(asked, 2, 'neither the bytes nor the code are wanted again');
    await server.stop();
    web.close();
  });
});
