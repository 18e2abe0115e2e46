import fc from 'fast-check';
import { resource, type ApiResource, type KubeObject } from '@ostiary/kube';
import { CONFIG_MAPS } from './stand.ts';

const NAMESPACES = resource('v1', 'Namespace', 'namespaces', { namespaced: false });
const DEPLOYMENTS = resource('apps/v1', 'Deployment', 'deployments');
const SCALERS = resource('autoscaling/v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers');
const CLUSTER_ROLES = resource('rbac.authorization.k8s.io/v1', 'ClusterRole', 'clusterroles', { namespaced: false });

export interface Sample {
  readonly resource: ApiResource;
  /** As it is created; `name` can be any. */
  readonly body: (name: string) => KubeObject;
}

/** Where namespaced samples are; the last is the stack's own, which webhooks of the cluster pass over. */
export const SAMPLE_NAMESPACES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  prod: { env: 'prod' },
  dev: { env: 'dev' },
  bare: {},
  kubewarden: { env: 'prod' },
};

const podTemplate = {
  metadata: { labels: { app: 'x' } },
  spec: { containers: [{ name: 'c', image: 'registry.example/i:1' }] },
};
const SPECS: readonly (readonly [ApiResource, (size: number) => object])[] = [
  [CONFIG_MAPS, (size) => ({ data: { size: String(size) } })],
  [NAMESPACES, () => ({})],
  [DEPLOYMENTS, (replicas) => ({ spec: { replicas, selector: { matchLabels: { app: 'x' } }, template: podTemplate } })],
  [
    SCALERS,
    (size) => ({
      spec: { maxReplicas: size + 1, scaleTargetRef: { kind: 'Deployment', name: 'd', apiVersion: 'apps/v1' } },
    }),
  ],
  [CLUSTER_ROLES, () => ({ rules: [] })],
];

const labels = fc.record(
  { tier: fc.constantFrom('gold', 'lead'), env: fc.constantFrom('prod', 'dev') },
  { requiredKeys: [] },
);
const annotations = fc.record(
  { owner: fc.constantFrom('me', ''), forbidden: fc.constant('x'), 'example.com/owner': fc.constant('team') },
  { requiredKeys: [] },
);

/** Objects of five kinds, with and without namespaces, of which some have what selectors and policies look for. */
export const sample: fc.Arbitrary<Sample> = fc
  .record({
    at: fc.nat({ max: SPECS.length - 1 }),
    namespace: fc.constantFrom(...Object.keys(SAMPLE_NAMESPACES)),
    labels,
    annotations,
    size: fc.nat({ max: 3 }),
  })
  .map(({ at, namespace, size, ...metadata }) => {
    const [kind, rest] = SPECS[at] ?? [CONFIG_MAPS, () => ({})];
    const apiVersion = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
    const place = kind.namespaced ? { namespace } : {};
    const body = (name: string): KubeObject => ({
      apiVersion,
      kind: kind.kind,
      metadata: { name, ...place, ...metadata },
      ...rest(size),
    });
    return { resource: kind, body };
  });
