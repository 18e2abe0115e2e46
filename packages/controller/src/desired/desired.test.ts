import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { PolicyKind } from '../api/names.ts';
import type { GateModule, Policy, PolicyServer } from '../cluster/objects.ts';
import { readOptions } from '../process/flags.ts';
import { accessOf } from './access.ts';
import { autoscalerOf } from './autoscaler.ts';
import { budgetOf } from './budget.ts';
import { configMapOf, configurationOf } from './config-map.ts';
import { deliveryOf } from './delivery.ts';
import { deploymentOf } from './deployment.ts';
import { gateEntry, gateFiles } from './gates.ts';
import { networkPolicyOf } from './network-policy.ts';
import { canonicalJson, entryOf, idOf, sourcesOf } from './policies.ts';
import { serviceOf } from './service.ts';
import { spreadOf } from './spread.ts';
import { bundlePatch, webhookConfigurationOf } from './webhook-configuration.ts';
import type { Loose } from '../testing/harness.ts';

const NAMESPACE = 'kubewarden';
type Spec = Readonly<Record<string, unknown>>;

function server(spec: Spec = {}, annotations: Readonly<Record<string, string>> = {}): PolicyServer {
  return {
    apiVersion: 'policies.kubewarden.io/v1',
    kind: 'PolicyServer',
    metadata: { name: 'default', uid: 'u1', annotations },
    spec: { image: 'r.example/policy-server:v1', replicas: 2, ...spec },
  };
}

const RULE = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] };

function policy(kind: PolicyKind, name: string, namespace: string | undefined, spec: Spec): Policy {
  return {
    apiVersion: 'policies.kubewarden.io/v1',
    kind,
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    spec: { policyServer: 'default', rules: [RULE], ...spec },
  };
}

const SINGLE = { module: 'registry://r.example/p:v1', mutating: false, mode: 'protect' };
const options = (flags: Parameters<typeof readOptions>[0] = {}, env: Readonly<Record<string, string>> = {}) =>
  readOptions({ 'deployments-namespace': NAMESPACE, ...flags }, env);

suite('policies.yml', () => {
  const table: readonly (readonly [string, Policy, Spec, unknown])[] = [
    [
      'a cluster policy may do everything',
      policy('ClusterAdmissionPolicy', 'no-priv', undefined, {
        ...SINGLE,
        contextAwareResources: [{ apiVersion: 'v1', kind: 'Pod' }],
        message: 'custom text',
        timeoutEvalSeconds: 5,
      }),
      { namespacedPoliciesCapabilities: [] },
      {
        namespacedName: { Namespace: '', Name: 'no-priv' },
        module: 'registry://r.example/p:v1',
        policyMode: 'protect',
        allowedToMutate: false,
        contextAwareResources: [{ apiVersion: 'v1', kind: 'Pod' }],
        settings: null,
        message: 'custom text',
        timeoutEvalSeconds: 5,
        hostCapabilities: ['*'],
      },
    ],
    [
      'a policy of a namespace may do what the server grants; what is empty is left out',
      policy('AdmissionPolicy', 'p', 'team1', {
        ...SINGLE,
        mutating: true,
        mode: 'monitor',
        message: '',
        settings: { a: 1 },
      }),
      { namespacedPoliciesCapabilities: [] },
      {
        namespacedName: { Namespace: 'team1', Name: 'p' },
        module: 'registry://r.example/p:v1',
        policyMode: 'monitor',
        allowedToMutate: true,
        settings: { a: 1 },
        hostCapabilities: [],
      },
    ],
    [
      'a group of a namespace, with a server that grants nothing in particular',
      policy('AdmissionPolicyGroup', 'g', 'team1', {
        mode: 'monitor',
        policies: { m1: { module: 'r.example/q:v2', settings: { a: 1 }, timeoutEvalSeconds: 3 } },
        expression: 'm1()',
        message: 'rejected',
      }),
      {},
      {
        namespacedName: { Namespace: 'team1', Name: 'g' },
        policyMode: 'monitor',
        policies: {
          m1: { module: 'r.example/q:v2', settings: { a: 1 }, timeoutEvalSeconds: 3, hostCapabilities: ['*'] },
        },
        expression: 'm1()',
        message: 'rejected',
      },
    ],
  ];
  for (const [name, of, spec, expected] of table) {
    test(name, () => assert.deepEqual(entryOf(of, server(spec)), expected));
  }
  test('IDs of two policies are never the same', () => {
    const one = policy('AdmissionPolicy', 'c', 'a-b', SINGLE);
    const other = policy('AdmissionPolicy', 'b-c', 'a', SINGLE);
    assert.notEqual(idOf(one, 'dotted'), idOf(other, 'dotted'));
    assert.equal(idOf(one, 'dashed'), 'namespaced-a-b-c');
    assert.equal(idOf(policy('ClusterAdmissionPolicyGroup', 'x', undefined, {}), 'dashed'), 'clusterwide-group-x');
  });
});

test('pods that mount their configuration mount a revision; those that follow it, what is newest', () => {
  const names = (image: string): unknown =>
    (podOf({ image, insecureSources: ['localhost'] }).spec['volumes'] as readonly Loose[])
      .filter(({ name }) => name === 'policies' || name === 'sources')
      .map(({ configMap }) => configMap.name);
  const snapshot = 'policy-server-default.0123456789abcdef';
  assert.deepEqual(names('r.example/policy-server:v1'), [snapshot, snapshot]);
  assert.deepEqual(names('r.example/ostiary:v1'), ['policy-server-default']);
});

test('sources.yml says what the server says of registries, or nothing', () => {
  assert.equal(canonicalJson(sourcesOf(server())), '{}');
  const spec = { insecureSources: ['localhost:5000'], sourceAuthorities: { 'r.example': ['<PEM>'] } };
  assert.deepEqual(sourcesOf(server(spec)), {
    insecure_sources: ['localhost:5000'],
    source_authorities: { 'r.example': [{ type: 'Data', data: '<PEM>' }] },
  });
});

test('the ConfigMap is one line of sorted JSON a file, and its revision changes with them alone', () => {
  const configuration = configurationOf(server(), { b: 1, a: { d: 1, c: 2 } }, []);
  assert.deepEqual(configuration.data, { 'policies.yml': '{"a":{"c":2,"d":1},"b":1}', 'sources.yml': '{}' });
  assert.equal(configurationOf(server(), { a: { c: 2, d: 1 }, b: 1 }, []).revision, configuration.revision);
  assert.notEqual(configurationOf(server(), {}, []).revision, configuration.revision);
  const hot = configMapOf(server(), NAMESPACE, configuration, 'hot');
  assert.deepEqual(hot.metadata.labels, { 'kubewarden/policy-server': 'default' });
  assert.deepEqual(hot.metadata.annotations, { 'ostiary.dev/revision': configuration.revision });
  assert.equal(configMapOf(server(), NAMESPACE, configuration, 'configmap').metadata.annotations, undefined);
});

test('modules of gates are asked in their order', () => {
  const module = (name: string, order: number | undefined, kind = 'AuthorizationModule'): GateModule =>
    ({
      kind,
      metadata: { name },
      spec: { module: `/${name}.wasm`, ...(order === undefined ? {} : { order }), timeoutSeconds: 2 },
    }) as GateModule;
  const files = gateFiles([
    module('b', undefined),
    module('a', 0),
    module('z', -1),
    module('n', 0, 'AuthenticationModule'),
  ]);
  const names = JSON.parse(files['authorization.yml'] ?? '').modules.map((one: { name: string }) => one.name);
  assert.deepEqual(names, ['z', 'a', 'b']);
  assert.deepEqual(JSON.parse(files['authentication.yml'] ?? ''), {
    modules: [{ name: 'n', module: '/n.wasm', timeout: '2s' }],
  });
  assert.deepEqual(gateFiles([]), {});
  for (const [given, place] of [
    ['r.example/m:v1', 'registry://r.example/m:v1'],
    ['registry://r.example/m:v1', 'registry://r.example/m:v1'],
    ['https://e.example/m.wasm', 'https://e.example/m.wasm'],
    ['/m.wasm', '/m.wasm'],
  ] as const) {
    const one = { kind: 'AuthorizationModule', metadata: { name: 'm' }, spec: { module: given } } as GateModule;
    assert.equal((gateEntry(one) as { module: string }).module, place);
  }
});

test('the Service has the webhook first', () => {
  const ports = (spec: Spec, enableMetrics: boolean): unknown =>
    (serviceOf(server(spec), NAMESPACE, { enableMetrics, servicesMetricsPort: 8080 })['spec'] as { ports: unknown })
      .ports;
  const webhook = { name: 'policy-server', port: 443, targetPort: 8443, protocol: 'TCP' };
  assert.deepEqual(ports({}, false), [webhook]);
  assert.deepEqual(ports({ webhookPort: 9999, metricsPort: 1234 }, true), [
    { ...webhook, targetPort: 9999 },
    { name: 'metrics', port: 1234, targetPort: 8080, protocol: 'TCP' },
  ]);
});

test('a budget is there when one is wanted', () => {
  assert.equal(budgetOf(server(), NAMESPACE), undefined);
  const least = budgetOf(server({ minAvailable: 1 }), NAMESPACE)?.['spec'] as Spec;
  assert.equal(least['minAvailable'], 1);
  assert.equal('maxUnavailable' in least, false);
  const most = budgetOf(server({ maxUnavailable: '50%' }), NAMESPACE)?.['spec'] as Spec;
  assert.equal(most['maxUnavailable'], '50%');
});

test('pods may read their ConfigMap and annotate pods, and nothing else', () => {
  const own = accessOf(server(), NAMESPACE);
  assert.equal(own.account?.metadata.name, 'policy-server-default');
  assert.deepEqual(own.role['rules'], [
    {
      apiGroups: [''],
      resources: ['configmaps'],
      resourceNames: ['policy-server-default'],
      verbs: ['get', 'list', 'watch'],
    },
    { apiGroups: [''], resources: ['pods'], verbs: ['patch'] },
  ]);
  const given = accessOf(server({ serviceAccountName: 'mine' }), NAMESPACE);
  assert.equal(given.account, undefined);
  assert.deepEqual(given.binding['subjects'], [{ kind: 'ServiceAccount', name: 'mine', namespace: NAMESPACE }]);
});

test('whose image it is, is said by an annotation, a flag, or its name', () => {
  assert.equal(deliveryOf(server(), 'auto'), 'configmap');
  assert.equal(deliveryOf(server({ image: 'ghcr.io/ostiary/ostiary:v1' }), 'auto'), 'hot');
  assert.equal(deliveryOf(server(), 'ostiary'), 'hot');
  assert.equal(deliveryOf(server({}, { 'ostiary.dev/delivery': 'configmap' }), 'ostiary'), 'configmap');
});

interface Container {
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly args?: readonly string[];
  readonly securityContext: unknown;
}

function podOf(spec: Spec, flags: Parameters<typeof readOptions>[0] = {}, env: Readonly<Record<string, string>> = {}) {
  const of = server(spec);
  const all = options(flags, env);
  const deployment = deploymentOf({
    server: of,
    options: all,
    delivery: deliveryOf(of, all.imageKind),
    configVersion: '17',
    revision: '0123456789abcdef',
    scaledTo: undefined,
  });
  const { template, replicas, selector } = deployment['spec'] as {
    template: { metadata: { labels: Record<string, string>; annotations: Record<string, string> }; spec: Spec };
    replicas: number;
    selector: unknown;
  };
  const container = (template.spec['containers'] as readonly Container[])[0];
  assert.ok(container);
  return { deployment, template, container, replicas, selector, spec: template.spec };
}

suite('the Deployment', () => {
  test('has the variables of the contract in its order', () => {
    const env = [
      { name: 'LOG', value: '1' },
      { name: 'KUBEWARDEN_ENABLE_METRICS', value: 'no' },
    ];
    const { container } = podOf(
      {
        env,
        verificationConfig: 'v',
        sigstoreTrustConfig: 's',
        imagePullSecret: 'pull',
        insecureSources: ['localhost'],
        webhookPort: 9000,
        readinessProbePort: 9001,
      },
      {
        'always-accept-admission-reviews-on-deployments-namespace': 'true',
        'client-ca-configmap-name': 'ca',
        'enable-metrics': 'true',
        'enable-tracing': 'true',
      },
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4317', OTEL_EXPORTER_OTLP_TIMEOUT: '' },
    );
    assert.deepEqual(
      container.env.map(({ name, value }) => `${name}=${value}`),
      [
        'KUBEWARDEN_CERT_FILE=/pki/tls.crt',
        'KUBEWARDEN_KEY_FILE=/pki/tls.key',
        'KUBEWARDEN_PORT=9000',
        'KUBEWARDEN_READINESS_PROBE_PORT=9001',
        'KUBEWARDEN_POLICIES_DOWNLOAD_DIR=/tmp',
        'KUBEWARDEN_POLICIES=/config/policies.yml',
        'KUBEWARDEN_SIGSTORE_CACHE_DIR=/tmp/sigstore-data',
        'LOG=1',
        'KUBEWARDEN_ENABLE_METRICS=true',
        'KUBEWARDEN_ALWAYS_ACCEPT_ADMISSION_REVIEWS_ON_NAMESPACE=kubewarden',
        'KUBEWARDEN_VERIFICATION_CONFIG_PATH=/verification/verification.yml',
        'KUBEWARDEN_SIGSTORE_TRUST_CONFIG_PATH=/sigstore-trust/sigstore-trust-config.json',
        'KUBEWARDEN_DOCKER_CONFIG_JSON_PATH=/home/kubewarden/.docker',
        'KUBEWARDEN_SOURCES_PATH=/sources/sources.yml',
        'KUBEWARDEN_CLIENT_CA_FILE=/ca/ca.crt,/client-ca/client-ca.crt',
        'KUBEWARDEN_LOG_FMT=otlp',
        'OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4317',
      ],
    );
    assert.deepEqual(
      container.volumeMounts.map(({ name, mountPath }) => `${name} ${mountPath}`),
      [
        'policy-store /tmp',
        'certs /pki',
        'policies /config',
        'verification /verification',
        'sigstore-trust-config /sigstore-trust',
        'imagepullsecret /home/kubewarden/.docker',
        'sources /sources',
        'kubewarden-ca-cert /ca',
        'client-ca-cert /client-ca',
      ],
    );
  });
  test('tells the pods of another image what version they have', () => {
    const { template, deployment, container, selector } = podOf({});
    assert.equal(template.metadata.labels['kubewarden/config-version'], '17');
    assert.equal(deployment.metadata.annotations?.['kubewarden/config-version'], '17');
    assert.equal(container.args, undefined);
    assert.deepEqual(selector, { matchLabels: { app: 'kubewarden-policy-server-default' } });
  });
  test('leaves ours as they are when policies change', () => {
    const { template, container, spec } = podOf({ image: 'ostiary' });
    assert.equal(template.metadata.labels['kubewarden/config-version'], undefined);
    assert.equal(container.args, undefined, 'the image starts a policy server by itself');
    assert.equal(
      container.env.find(({ name }) => name === 'OSTIARY_POLICIES_FROM_CLUSTER')?.value,
      'kubewarden/policy-server-default',
    );
    assert.equal(
      container.env.some(({ name }) => name === 'KUBEWARDEN_POLICIES'),
      false,
    );
    assert.equal(spec['serviceAccountName'], 'policy-server-default');
  });
  test('has the labels of the system whatever the user says', () => {
    const { template } = podOf({ labels: { 'app.kubernetes.io/part-of': 'x', own: 'y' }, annotations: { a: 'b' } });
    assert.equal(template.metadata.labels['app.kubernetes.io/part-of'], 'kubewarden');
    assert.equal(template.metadata.labels['own'], 'y');
    assert.deepEqual(template.metadata.annotations, { a: 'b' });
  });
  test('is restricted unless somebody says otherwise', () => {
    assert.deepEqual(podOf({}).container.securityContext, {
      readOnlyRootFilesystem: true,
      privileged: false,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      runAsNonRoot: true,
    });
    assert.deepEqual(podOf({}).spec['securityContext'], { seccompProfile: { type: 'RuntimeDefault' } });
    const { container, spec } = podOf({ securityContexts: { container: { runAsUser: 1 }, pod: { fsGroup: 2 } } });
    assert.deepEqual([container.securityContext, spec['securityContext']], [{ runAsUser: 1 }, { fsGroup: 2 }]);
  });
  test('goes by the autoscaler', () => {
    const input = { server: server(), options: options(), delivery: 'hot', configVersion: '1', revision: 'r' } as const;
    assert.equal((deploymentOf({ ...input, scaledTo: 7 })['spec'] as Spec)['replicas'], 7);
    assert.equal((deploymentOf({ ...input, scaledTo: undefined })['spec'] as Spec)['replicas'], 2);
  });
});

suite('webhook configurations', () => {
  const of = (one: Policy, hasMatchConditions = true): Loose =>
    webhookConfigurationOf({
      policy: one,
      id: idOf(one, 'dotted'),
      namespace: NAMESPACE,
      caBundle: 'Q0E=',
      hasMatchConditions,
    });
  test('of a cluster policy', () => {
    assert.deepEqual(of(policy('ClusterAdmissionPolicy', 'no-priv', undefined, { ...SINGLE, timeoutSeconds: 10 })), {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: {
        name: 'kw.cap.no-priv',
        labels: { 'app.kubernetes.io/part-of': 'kubewarden' },
        annotations: { kubewardenPolicyName: 'no-priv', kubewardenPolicyNamespace: '' },
      },
      webhooks: [
        {
          name: 'kw.cap.no-priv.kubewarden.admission',
          admissionReviewVersions: ['v1'],
          clientConfig: {
            caBundle: 'Q0E=',
            service: {
              namespace: NAMESPACE,
              name: 'policy-server-default',
              path: '/validate/kw.cap.no-priv',
              port: 443,
            },
          },
          rules: [RULE],
          sideEffects: 'None',
          timeoutSeconds: 10,
          namespaceSelector: {
            matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: [NAMESPACE] }],
          },
        },
      ],
    });
  });
  test('of a mutating policy of a namespace', () => {
    const { kind, webhooks } = of(policy('AdmissionPolicy', 'p', 'team1', { ...SINGLE, mutating: true }));
    assert.equal(kind, 'MutatingWebhookConfiguration');
    assert.deepEqual(webhooks[0].namespaceSelector, { matchLabels: { 'kubernetes.io/metadata.name': 'team1' } });
    assert.equal(webhooks[0].rules[0].scope, 'Namespaced');
  });
  test('select by labels as well as by expressions', () => {
    const expression = { key: 'a', operator: 'Exists' };
    const namespaceSelector = { matchLabels: { team: 'x' }, matchExpressions: [expression] };
    const outside = of(policy('ClusterAdmissionPolicy', 'p', undefined, { ...SINGLE, namespaceSelector }));
    assert.deepEqual(outside.webhooks[0].namespaceSelector.matchLabels, { team: 'x' });
    assert.equal(outside.webhooks[0].namespaceSelector.matchExpressions.length, 2);
    const allowInsideAdmissionControllerNamespace = true;
    const inside = policy('ClusterAdmissionPolicy', 'p', undefined, {
      ...SINGLE,
      namespaceSelector,
      allowInsideAdmissionControllerNamespace,
    });
    assert.deepEqual(of(inside).webhooks[0].namespaceSelector, namespaceSelector);
    const everywhere = policy('ClusterAdmissionPolicy', 'p', undefined, {
      ...SINGLE,
      allowInsideAdmissionControllerNamespace,
    });
    assert.equal('namespaceSelector' in of(everywhere).webhooks[0], false);
  });
  test('have match conditions where the API server knows them', () => {
    const matchConditions = [{ name: 'a', expression: 'true' }];
    const one = policy('ClusterAdmissionPolicy', 'p', undefined, { ...SINGLE, matchConditions });
    assert.deepEqual(of(one).webhooks[0].matchConditions, matchConditions);
    assert.equal('matchConditions' in of(one, false).webhooks[0], false);
  });
  test('get another bundle without anything else changing', () => {
    const live = {
      apiVersion: '',
      kind: '',
      metadata: { name: 'x' },
      webhooks: [
        { name: 'a', clientConfig: { caBundle: 'old' } },
        { name: 'b', clientConfig: { caBundle: 'new' } },
      ],
    };
    assert.deepEqual(bundlePatch(live, 'new'), [
      { op: 'add', path: '/webhooks/0/clientConfig/caBundle', value: 'new' },
    ]);
  });
});

test('an autoscaler is made for who asks for one, with the defaults of the schema', () => {
  assert.equal(autoscalerOf(server(), NAMESPACE), undefined);
  const made = autoscalerOf(server({ autoscaling: { maxReplicas: 5 } }), NAMESPACE);
  assert.deepEqual(made?.['spec'], {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'policy-server-default' },
    minReplicas: 1,
    maxReplicas: 5,
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }],
  });
});

test('a network policy opens the webhook to whom it names, and the other ports to everybody', () => {
  const ports = (...numbers: number[]): object[] => numbers.map((port) => ({ protocol: 'TCP', port }));
  const from = [{ ipBlock: { cidr: '10.0.0.0/8' } }];
  const table: readonly (readonly [Spec, boolean, unknown])[] = [
    [{}, false, undefined],
    [{ networkPolicy: { enabled: false, from } }, false, undefined],
    [{ networkPolicy: { enabled: true } }, false, [{ ports: ports(8443) }, { ports: ports(8081) }]],
    [{ networkPolicy: { enabled: true, from } }, true, [{ from, ports: ports(8443) }, { ports: ports(8081, 8080) }]],
    // To Kubernetes an empty list is everybody; here it is nobody.
    [{ networkPolicy: { enabled: true, from: [] } }, false, [{ ports: ports(8081) }]],
    [
      { networkPolicy: { enabled: true }, webhookPort: 9443, readinessProbePort: 9444 },
      false,
      [{ ports: ports(9443) }, { ports: ports(9444) }],
    ],
  ];
  for (const [spec, enableMetrics, ingress] of table) {
    const made = networkPolicyOf(server(spec), NAMESPACE, { enableMetrics, servicesMetricsPort: 8080 });
    assert.deepEqual((made?.['spec'] as Loose)?.ingress, ingress);
  }
});

test('pods are spread over nodes where that is possible, or as the server says', () => {
  const labelSelector = { matchLabels: { app: 'kubewarden-policy-server-default' } };
  const byNode = {
    maxSkew: 1,
    topologyKey: 'kubernetes.io/hostname',
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector,
  };
  const zone = { maxSkew: 2, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' };
  const own = { matchLabels: { a: 'b' } };
  const table: readonly (readonly [Spec, unknown])[] = [
    [{ replicas: 1 }, []],
    [{ replicas: 2 }, [byNode]],
    [{ replicas: 1, autoscaling: { maxReplicas: 3 } }, [byNode]],
    [{ replicas: 3, topologySpreadConstraints: [] }, []],
    [{ replicas: 1, topologySpreadConstraints: [zone] }, [{ labelSelector, ...zone }]],
    [{ topologySpreadConstraints: [{ ...zone, labelSelector: own }] }, [{ ...zone, labelSelector: own }]],
  ];
  for (const [spec, expected] of table) assert.deepEqual(spreadOf(server(spec)), expected);
});
