import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createAuthor, installFromCheckout, trustRegistry, type Author } from './cli/author.ts';
import { startCluster, type Cluster } from './cluster.ts';
import { startDaemon, waitFor, type Daemon } from './daemon.ts';
import { freePorts } from './ports.ts';
import { ensureCosign, startPeerRegistry, type PeerRegistry } from './trust/peer.ts';

const POLICY = 'labels';
/** Without the services of Sigstore: no log, no certificate. */
const OFFLINE = '--tlog-upload=false --use-signing-config=false --allow-http-registry -y';

let author: Author;
let registry: PeerRegistry;
let cluster: Cluster;
let server: Daemon | undefined;
let image = '';
let immutable = '';
/** Every command that the newcomer types. */
const typed: string[] = [];

function type(command: string, where = POLICY): Promise<string> {
  typed.push(command);
  return author.shell(command, where);
}

/** What Kubernetes is told: ask this server about Pods. */
function webhook(port: number, authority: string): string {
  return JSON.stringify({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: POLICY },
    webhooks: [
      {
        name: 'labels.example.com',
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        clientConfig: {
          url: `https://127.0.0.1:${port}/validate/${POLICY}`,
          caBundle: Buffer.from(authority).toString('base64'),
        },
        rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
      },
    ],
  });
}

function pod(labels: Readonly<Record<string, string>>): object {
  const spec = { containers: [{ name: 'web', image: 'example.com/web:v1' }], automountServiceAccountToken: false };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'default', labels }, spec };
}

describe("a newcomer's way from nothing to a policy that decides", () => {
  before(async () => {
    const cosign = await ensureCosign();
    author = await createAuthor([dirname(cosign)]);
    registry = await startPeerRegistry(cosign, true);
    await trustRegistry(author, registry.host);
    image = `${registry.host}/newcomer/${POLICY}:v1`;
    // The newcomer has signed before, and has a cluster.
    await author.shell('cosign generate-key-pair');
    cluster = await startCluster();
    await cluster.kubectl(['create', 'serviceaccount', 'default']);
  });
  after(async () => {
    await server?.stop();
    await cluster?.stop();
    registry?.stop();
    await author?.leave();
  });

  test('writes it', async () => {
    await type(`ostiary new ${POLICY} --language typescript`, '.');
    // In place of `npm install`, which asks a registry of npm packages for the compiler.
    typed.push('npm install');
    await installFromCheckout(author, POLICY);
  });

  test('builds, annotates and tests it', async () => {
    assert.match(await type('npm test'), /a Pod without the label/);
  });

  test('pushes and signs it', async () => {
    const pushed = await type(`ostiary push policy.wasm ${image}`);
    immutable = /\S+@sha256:[0-9a-f]{64}/.exec(pushed)?.[0] ?? '';
    await type(`cosign sign --key ../cosign.key ${OFFLINE} ${immutable}`);
  });

  test('pulls it, and only because the signature is right', async () => {
    await author.shell('cosign generate-key-pair --output-key-prefix other');
    await assert.rejects(author.shell(`ostiary pull -k other.pub ${image}`), /missing signatures/);
    await type(`ostiary pull -k ../cosign.pub ${image}`);
    assert.match(await author.shell('ostiary policies'), /newcomer\/labels:v1/);
  });

  test('runs it against a manifest', async () => {
    await writeFile(join(author.folder, POLICY, 'pod.json'), JSON.stringify(pod({})));
    const rejection: unknown = await type(
      `ostiary run -r pod.json --settings-json '{"labels":["team"]}' registry://${image}`,
    ).catch((error: unknown) => error);
    assert.ok(rejection instanceof Error && 'code' in rejection && 'stdout' in rejection);
    assert.equal(rejection.code, 3);
    assert.match(String(rejection.stdout), /missing labels: team/);
  });

  test('serves it, and the API server asks', async () => {
    const folder = join(author.folder, POLICY);
    const [port = 0, probe = 0] = await freePorts(2);
    const policies = { [POLICY]: { module: `registry://${image}`, settings: { labels: ['team'] } } };
    await writeFile(join(folder, 'policies.yml'), JSON.stringify(policies));
    const key = await readFile(join(author.folder, 'cosign.pub'), 'utf8');
    const demand = { apiVersion: 'v1', allOf: [{ kind: 'pubKey', key }] };
    await writeFile(join(folder, 'verification.yml'), JSON.stringify(demand));
    const flags = [
      '--policies=policies.yml',
      '--verification-path=verification.yml',
      `--sources-path=${join(author.folder, '.config/kubewarden/sources.yaml')}`,
      '--addr=127.0.0.1',
      `--port=${port}`,
      `--readiness-probe-port=${probe}`,
    ];
    typed.push(`ostiary serve ${flags.join(' ')}`);
    server = await startDaemon({
      name: 'ostiary',
      command: join(author.folder, '.bin/ostiary'),
      args: ['serve', ...flags],
      dir: author.folder,
      cwd: folder,
      env: { ...author.env },
    });
    await waitFor(server, { what: 'the policy to be served', probe: () => isReady(probe), timeoutMs: 30_000 });
    const authority = await readFile(join(folder, '.ostiary/development-ca.pem'), 'utf8');
    await cluster.kubectl(['apply', '-f', '-'], { input: webhook(port, authority) });
    await refusal();
    const allowed = await create({ team: 'shop' });
    assert.equal(allowed.status, 201, allowed.body);
  });

  test('with fewer than ten commands', () => {
    assert.ok(typed.length < 10, typed.join('\n'));
  });
});

function create(labels: Readonly<Record<string, string>>) {
  return cluster.request({ method: 'POST', path: '/api/v1/namespaces/default/pods?dryRun=All', body: pod(labels) });
}

/** A webhook is asked a moment after it was configured. */
async function refusal(): Promise<void> {
  for (let tries = 1; ; tries++) {
    const { status, body } = await create({});
    if (status !== 201 || tries > 50) {
      assert.match(body, /admission webhook \\"labels.example.com\\" denied the request: missing labels: team/);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function isReady(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    get({ host: '127.0.0.1', port, path: '/readiness', timeout: 1000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    }).on('error', () => resolve(false));
  });
}
