import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parse, parseAllDocuments } from 'yaml';
import { createAuthority } from '@ostiary/pki';
import type { Rule } from '@ostiary/policy';
import type { AdmissionModuleConfig, AuthorizationModuleConfig, GatesConfig, ModuleConfig } from '../config/types.ts';
import { generateApiServerFiles } from './generate.ts';
import { GenerateError } from './errors.ts';
import type { GenerateOptions } from './options.ts';

const AUTHORITY = createAuthority({ commonName: 'Test', validForDays: 1, now: new Date('2030-01-01T00:00:00Z') });
const CA = AUTHORITY.certificatePem;
const CA_DATA = Buffer.from(CA).toString('base64');
const OPTIONS: GenerateOptions = { serverUrl: 'https://127.0.0.1:8443', caBundlePem: CA };
const MTLS = { clientCertificateFile: '/pki/client.crt', clientKeyFile: '/pki/client.key' };

const MODULE: ModuleConfig = {
  name: 'm',
  module: 'm.wasm',
  settings: undefined,
  debug: false,
  timeoutMs: undefined,
  memoryBytes: undefined,
  position: 'f:1:1',
};
const CONFIGMAPS: Rule = {
  operations: ['CREATE', 'UPDATE'],
  apiGroups: [''],
  apiVersions: ['v1'],
  resources: ['configmaps'],
};
const authorizer = (change: Partial<AuthorizationModuleConfig> = {}): AuthorizationModuleConfig => ({
  ...MODULE,
  failurePolicy: 'NoOpinion',
  ...change,
});
const admitter = (change: Partial<AdmissionModuleConfig> = {}): AdmissionModuleConfig => ({
  ...MODULE,
  type: 'wasi',
  mutating: false,
  rules: [CONFIGMAPS],
  failurePolicy: 'Fail',
  ...change,
});
const gates = (change: Partial<GatesConfig>): GatesConfig => ({
  authentication: undefined,
  authorization: undefined,
  admission: undefined,
  warnings: [],
  ...change,
});

function generate(config: Partial<GatesConfig>, options: Partial<GenerateOptions> = {}): ReadonlyMap<string, string> {
  const files = generateApiServerFiles(gates(config), { ...OPTIONS, ...options });
  return new Map(files.map(({ path, content }) => [path, content]));
}

const yamlOf = (files: ReadonlyMap<string, string>, path: string): unknown => parse(files.get(path)!);

/** The flags that are not commented out. */
const flagsOf = (files: ReadonlyMap<string, string>): string[] =>
  files
    .get('flags.txt')!
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

interface Webhook {
  readonly rules: readonly Rule[];
  readonly timeoutSeconds: number;
  readonly failurePolicy: string;
}

/** The webhooks of all configurations that are to be applied. */
function webhooksOf(files: ReadonlyMap<string, string>): readonly Webhook[] {
  const documents = parseAllDocuments(files.get('webhook-configurations.yaml')!);
  return documents.flatMap((document) => (document.toJS() as { webhooks: Webhook[] }).webhooks);
}

/** What a webhook for CONFIGMAPS is but for its phase. */
const webhook = (phase: string, endpoint: string, timeoutSeconds: number) => ({
  name: `${phase}.gate.ostiary`,
  clientConfig: { url: `https://127.0.0.1:8443${endpoint}`, caBundle: CA_DATA },
  rules: [{ ...CONFIGMAPS, scope: '*' }],
  matchPolicy: 'Exact',
  sideEffects: 'None',
  timeoutSeconds,
  failurePolicy: 'Fail',
  admissionReviewVersions: ['v1'],
});

const plugin = (name: string, folder: string) => ({
  name,
  configuration: {
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'WebhookAdmissionConfiguration',
    kubeConfigFile: '',
    staticManifestsDir: `/etc/kubernetes/ostiary/static-manifests/${folder}`,
  },
});

/** The configurations for two validating modules and a mutating one. */
const objects = (name: string) => [
  {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name },
    webhooks: [{ ...webhook('mutating', '/admit-mut', 3), reinvocationPolicy: 'Never' }],
  },
  {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name },
    webhooks: [webhook('validating', '/admit', 5)],
  },
];

suite('the files for an API server', () => {
  for (const [what, config, expected] of [
    ['nothing', {}, ['flags.txt']],
    ['authentication', { authentication: [MODULE] }, ['authentication-webhook.kubeconfig', 'flags.txt']],
    [
      'authorization',
      { authorization: [] },
      ['authorization-webhook.kubeconfig', 'authorization-configuration.yaml', 'flags.txt'],
    ],
    [
      'one phase of admission',
      { admission: [admitter()] },
      [
        'webhook-configurations.yaml',
        'static-manifests/validating/webhooks.yaml',
        'admission-configuration.yaml',
        'flags.txt',
      ],
    ],
    [
      'both phases of admission',
      { admission: [admitter(), admitter({ mutating: true })] },
      [
        'webhook-configurations.yaml',
        'static-manifests/mutating/webhooks.yaml',
        'static-manifests/validating/webhooks.yaml',
        'admission-configuration.yaml',
        'flags.txt',
      ],
    ],
    ['admission that is never called', { admission: [admitter({ rules: [] })] }, ['flags.txt']],
  ] as const) {
    test(`are those of the configured gates: ${what}`, () => {
      assert.deepEqual([...generate(config).keys()], expected);
    });
  }

  test('hold the kubeconfig of the authentication webhook', () => {
    const files = generate({ authentication: [MODULE] });
    assert.deepEqual(yamlOf(files, 'authentication-webhook.kubeconfig'), {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: 'ostiary',
          cluster: { server: 'https://127.0.0.1:8443/authn', 'certificate-authority-data': CA_DATA },
        },
      ],
      users: [{ name: 'kube-apiserver', user: {} }],
      contexts: [{ name: 'ostiary', context: { cluster: 'ostiary', user: 'kube-apiserver' } }],
      'current-context': 'ostiary',
    });
  });

  test('name a client certificate where there is one', () => {
    const files = generate({ authentication: [MODULE], authorization: [], admission: [admitter()] }, MTLS);
    const user = { 'client-certificate': '/pki/client.crt', 'client-key': '/pki/client.key' };
    for (const [path, name] of [
      ['authentication-webhook.kubeconfig', 'kube-apiserver'],
      ['authorization-webhook.kubeconfig', 'kube-apiserver'],
      ['admission-webhook.kubeconfig', '127.0.0.1:8443'],
    ] as const) {
      assert.deepEqual((yamlOf(files, path) as { users: unknown }).users, [{ name, user }], path);
    }
    const admission = files.get('admission-configuration.yaml')!;
    assert.match(admission, /kubeConfigFile: \/etc\/kubernetes\/ostiary\/admission-webhook.kubeconfig\n/);
  });

  test('hold an authorization configuration', () => {
    const files = generate({ authorization: [authorizer()] }, { mountPath: '/srv/x/' });
    assert.equal(
      files.get('authorization-configuration.yaml'),
      `# For --authorization-config. It replaces --authorization-mode: adapt the first two authorizers to it.
apiVersion: apiserver.config.k8s.io/v1
kind: AuthorizationConfiguration
authorizers:
  - type: Node
    name: node
  - type: RBAC
    name: rbac
  - type: Webhook
    name: ostiary
    webhook:
      timeout: 3s
      subjectAccessReviewVersion: v1
      matchConditionSubjectAccessReviewVersion: v1
      failurePolicy: NoOpinion
      cacheAuthorizedRequests: false
      cacheUnauthorizedRequests: false
      connectionInfo:
        type: KubeConfigFile
        kubeConfigFile: /srv/x/authorization-webhook.kubeconfig
`,
    );
  });

  for (const [policies, expected] of [
    [[], 'NoOpinion'],
    [['Deny', 'NoOpinion'], 'NoOpinion'],
    [['Deny', 'Deny'], 'Deny'],
  ] as const) {
    test(`let authorization fail with ${expected} for ${JSON.stringify(policies)}`, () => {
      const files = generate({ authorization: policies.map((failurePolicy) => authorizer({ failurePolicy })) });
      assert.match(files.get('authorization-configuration.yaml')!, new RegExp(`failurePolicy: ${expected}\n`));
    });
  }

  test('hold webhook configurations, as objects and as static manifests', () => {
    const files = generate({ admission: [admitter(), admitter(), admitter({ mutating: true })] });
    const applied = parseAllDocuments(files.get('webhook-configurations.yaml')!).map((document) => document.toJS());
    assert.deepEqual(applied, objects('ostiary'));
    const manifests = ['mutating', 'validating'].map((phase) =>
      yamlOf(files, `static-manifests/${phase}/webhooks.yaml`),
    );
    assert.deepEqual(manifests, objects('ostiary.static.k8s.io'));
  });

  test('name the static manifests in an admission configuration', () => {
    const files = generate({ admission: [admitter(), admitter({ mutating: true })] });
    assert.deepEqual(yamlOf(files, 'admission-configuration.yaml'), {
      apiVersion: 'apiserver.config.k8s.io/v1',
      kind: 'AdmissionConfiguration',
      plugins: [plugin('MutatingAdmissionWebhook', 'mutating'), plugin('ValidatingAdmissionWebhook', 'validating')],
    });
  });

  for (const [what, modules, expected] of [
    ['the default deadline and a second', [{}], 3],
    ['the sum of the deadlines and a second, rounded up', [{ timeoutMs: 500 }, { timeoutMs: 1200 }], 3],
    ['30 s at most', [{ timeoutMs: 20_000 }, { timeoutMs: 20_000 }], 30],
    ['for the modules that are called', [{ timeoutMs: 1000 }, { timeoutMs: 9000, rules: [] }], 2],
  ] as const) {
    test(`make the API server wait ${what}`, () => {
      const [webhook] = webhooksOf(generate({ admission: modules.map((module) => admitter(module)) }));
      assert.equal(webhook?.timeoutSeconds, expected);
    });
  }

  test('make the API server wait as long as wanted', () => {
    const files = generate({ admission: [admitter()], authorization: [authorizer()] }, { timeoutSeconds: 7 });
    assert.equal(webhooksOf(files)[0]?.timeoutSeconds, 7);
    assert.match(files.get('authorization-configuration.yaml')!, /timeout: 7s\n/);
  });

  for (const [policies, expected] of [
    [['Ignore', 'Ignore'], 'Ignore'],
    [['Ignore', 'Fail'], 'Fail'],
  ] as const) {
    test(`let admission ${expected} for ${policies.join(' and ')}`, () => {
      const files = generate({ admission: policies.map((failurePolicy) => admitter({ failurePolicy })) });
      assert.equal(webhooksOf(files)[0]?.failurePolicy, expected);
    });
  }

  test('quote what a reader of YAML 1.1 would take for something else', () => {
    const rules = [{ ...CONFIGMAPS, apiGroups: ['no', '1.10', '0777'], resources: ['y', 'on'] }];
    const files = generate({ admission: [admitter({ rules })] });
    const text = files.get('webhook-configurations.yaml')!;
    const read = parse(text, { version: '1.1' }) as { webhooks: Webhook[] };
    assert.deepEqual(read.webhooks[0]?.rules, [{ ...rules[0], scope: '*' }]);
    assert.ok(!text.includes('%YAML'));
  });

  test('hold the flags to add', () => {
    const files = generate({ authentication: [MODULE], authorization: [authorizer()], admission: [admitter()] });
    assert.deepEqual(flagsOf(files), [
      '--authentication-token-webhook-config-file=/etc/kubernetes/ostiary/authentication-webhook.kubeconfig',
      '--authentication-token-webhook-version=v1',
      '--authentication-token-webhook-cache-ttl=0s',
      '--authorization-config=/etc/kubernetes/ostiary/authorization-configuration.yaml',
      '--admission-control-config-file=/etc/kubernetes/ostiary/admission-configuration.yaml',
      '--feature-gates=ManifestBasedAdmissionControlConfig=true',
    ]);
    assert.match(files.get('flags.txt')!, /^# --authorization-mode=Node,RBAC,Webhook$/m);
    assert.deepEqual(flagsOf(generate({})), []);
  });

  test('never hold a private key', () => {
    const files = generate(
      { authentication: [MODULE], authorization: [authorizer()], admission: [admitter()] },
      { ...MTLS, caBundlePem: AUTHORITY.privateKeyPem + CA },
    );
    const [, key = ''] = AUTHORITY.privateKeyPem.split('\n');
    for (const [path, content] of files) {
      const decoded = content.replaceAll(/[\w+/=]{100,}/g, (data) => Buffer.from(data, 'base64').toString());
      assert.ok(!decoded.includes(key), path);
    }
  });

  test('take a path in the URL and another name', () => {
    const options = { serverUrl: 'https://gates.example/ostiary/', name: 'doors', ...MTLS };
    const files = generate({ authentication: [MODULE], admission: [admitter()] }, options);
    assert.match(files.get('authentication-webhook.kubeconfig')!, /server: https:\/\/gates.example\/ostiary\/authn\n/);
    assert.match(files.get('webhook-configurations.yaml')!, /url: https:\/\/gates.example\/ostiary\/admit\n/);
    assert.match(files.get('webhook-configurations.yaml')!, /- name: validating.gate.doors\n/);
    assert.match(files.get('admission-webhook.kubeconfig')!, /- name: gates.example:443\n/);
  });

  for (const [what, options] of [
    ['http', { serverUrl: 'http://a' }],
    ['no URL', { serverUrl: 'a:8443' }],
    ['credentials in the URL', { serverUrl: 'https://u:p@a' }],
    ['a query', { serverUrl: 'https://a/?b' }],
    ['a fragment', { serverUrl: 'https://a/#b' }],
    ['an empty CA bundle', { caBundlePem: '' }],
    ['a certificate without key', { clientCertificateFile: '/c' }],
    ['a key without certificate', { clientKeyFile: '/k' }],
    ['a relative mount path', { mountPath: 'etc' }],
    ['no time', { timeoutSeconds: 0 }],
    ['too much time', { timeoutSeconds: 31 }],
    ['a name that no object may have', { name: 'A.b' }],
  ] as const) {
    test(`are not generated with ${what}`, () => assert.throws(() => generate({}, options), GenerateError));
  }
});
