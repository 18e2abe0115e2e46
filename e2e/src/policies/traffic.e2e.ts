import assert from 'node:assert/strict';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startPolicyRegistry, type PolicyRegistry } from '@ostiary/conformance/node';
import { onProcessEnd, removeNow } from '../cleanup.ts';
import { connect, type Client } from './client.ts';
import { moduleOf, writeModules, type ModuleName } from './modules.ts';
import { startPolicyServer, type PolicyServer } from './server.ts';
import { withTraffic } from './traffic.ts';

const PER_SECOND = 200;
const TRAFFIC_MS = 10_000;
const RELOADS = 6;
/** An edit decides within a few seconds, also while the machine is busy with everything else. */
const RELOAD_MS = 5000;
const PATHS = ['/validate/yes', '/validate/no', '/validate/turns', '/validate/group'];

suite('a server of policies under traffic', () => {
  let dir = '';
  let server: PolicyServer;
  let client: Client;
  let at: (name: ModuleName) => string;
  let forget = (): void => undefined;

  /** `turns` says yes in one generation and no in the next one; the others say the same for ever. */
  function policies(generation: number): object {
    const turns = generation % 2 === 0 ? 'yes' : 'no';
    return {
      yes: { module: at('yes') },
      no: { module: at('no') },
      turns: { module: at(turns) },
      group: {
        expression: 'yes() && !no()',
        message: 'm',
        policies: { yes: { module: at('yes') }, no: { module: at('no') } },
      },
      ...(generation % 3 === 0 && { bad: { module: at('yes').replace('yes', 'nowhere') } }),
    };
  }

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'ostiary-traffic-'));
    forget = onProcessEnd(() => removeNow(dir));
    at = await writeModules(dir);
    server = await startPolicyServer({ dir, form: 'flags', policies: policies(0) });
    client = connect(server);
  });
  after(async () => {
    client?.close();
    await server?.stop();
    removeNow(dir);
    forget();
  });

  async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
    const end = performance.now() + RELOAD_MS;
    while (!(await holds())) {
      assert.ok(performance.now() < end, `not within ${RELOAD_MS} ms: ${what}\n${server.logTail()}`);
      await sleep(50);
    }
  }

  test('new policies take over without one wrong decision', async (t) => {
    const { answers, failures } = await withTraffic(
      client,
      PATHS,
      { perSecond: PER_SECOND, minMs: TRAFFIC_MS },
      async () => {
        for (let generation = 1; generation <= RELOADS; generation++) {
          await server.configure(policies(generation));
          const expected = generation % 2 === 0;
          await until(
            `generation ${generation} decides`,
            async () => (await client.ask('/validate/turns')).allowed === expected,
          );
          await sleep(TRAFFIC_MS / (2 * RELOADS));
        }
      },
    );
    assert.deepEqual(failures, []);
    for (const { path, status, allowed, message } of answers) {
      assert.equal(status, 200, path);
      if (path === '/validate/turns') {
        assert.ok(allowed === true || message === 'the policy says no', message ?? 'no message');
      } else assert.equal(allowed, path !== '/validate/no', `${path}: ${message}`);
    }
    const both = new Set(answers.filter(({ path }) => path === '/validate/turns').map(({ allowed }) => allowed));
    assert.equal(both.size, 2, 'both generations have decided');
    const times = answers.map(({ ms }) => ms).sort((a, b) => a - b);
    const at99 = times[Math.floor(times.length * 0.99)] ?? 0;
    t.diagnostic(
      `${answers.length} requests, p50 ${times[times.length >> 1]?.toFixed(1)} ms, p99 ${at99.toFixed(1)} ms`,
    );
    assert.ok(answers.length > (PER_SECOND * TRAFFIC_MS) / 1000 / 2, `${answers.length} requests`);
  });

  test('a file that can’t be used leaves the old one deciding', async () => {
    await server.configure({ yes: { module: at('no'), policyMode: 'nonsense' } });
    await sleep(1500);
    assert.equal((await client.ask('/validate/yes')).allowed, true);
    await server.configure(policies(2));
  });

  test('a new certificate, as Secrets are mounted, is shown without one failed request', async (t) => {
    const { answers, failures } = await withTraffic(client, PATHS, { perSecond: 50, minMs: 2000 }, async () => {
      for (const version of [2, 3]) {
        await server.rotate();
        await until(`certificate ${version} is shown`, async () => {
          const fresh = connect(server);
          const { certificate } = await fresh.ask('/validate/yes').finally(fresh.close);
          return certificate === `policies-${version}`;
        });
      }
    });
    assert.deepEqual(failures, []);
    for (const { status } of answers) assert.equal(status, 200);
    t.diagnostic(`${answers.length} requests`);
  });
});

suite('policies of a registry, with signatures', () => {
  let dir = '';
  let registry: PolicyRegistry;
  let forget = (): void => undefined;
  let server: PolicyServer | undefined;

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'ostiary-signed-'));
    forget = onProcessEnd(() => removeNow(dir));
    registry = await startPolicyRegistry();
    registry.signManifest('policies/signed', registry.push('policies/signed', 'v1', moduleOf('no')));
    registry.push('policies/unsigned', 'v1', moduleOf('yes'));
    await writeFile(join(dir, 'sources.yml'), JSON.stringify({ insecure_sources: [registry.host] }));
    await writeFile(
      join(dir, 'verification.yml'),
      JSON.stringify({ apiVersion: 'v1', anyOf: { signatures: [{ kind: 'pubKey', key: registry.publicKey }] } }),
    );
  });
  after(async () => {
    await server?.stop();
    await registry?.close();
    removeNow(dir);
    forget();
  });

  test('what is signed decides, what is not is rejected with the reason', async () => {
    const url = (repository: string): string => `registry://${registry.host}/policies/${repository}:v1`;
    server = await startPolicyServer({
      dir,
      form: 'variables',
      policies: { signed: { module: url('signed') }, unsigned: { module: url('unsigned') } },
      env: {
        KUBEWARDEN_SOURCES_PATH: join(dir, 'sources.yml'),
        KUBEWARDEN_VERIFICATION_CONFIG_PATH: join(dir, 'verification.yml'),
        KUBEWARDEN_CONTINUE_ON_ERRORS: 'true',
      },
    });
    const client = connect(server);
    try {
      assert.equal((await client.ask('/validate/signed')).message, 'the policy says no');
      const { allowed, message } = await client.ask('/validate/unsigned');
      assert.equal(allowed, false);
      assert.match(
        message ?? '',
        /Policy 'unsigned' cannot be verified: Image verification failed: minimum number of signatures not reached: needed 1, got 0/,
      );
    } finally {
      client.close();
    }
  });
});
