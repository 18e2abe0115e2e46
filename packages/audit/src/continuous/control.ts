import {
  createReflector,
  resource,
  type ApiResource,
  type Change,
  type KubeClient,
  type KubeObject,
  type Reflector,
} from '@ostiary/kube';
import { recordAt, textAt } from '../json.ts';
import { POLICIES_GROUP } from '../policies/read.ts';

/** What a plan is made from, and what of it matters: a change of anything else calls for no new plan. */
interface Watched {
  readonly resource: ApiResource;
  readonly namespace?: string | undefined;
  readonly essence: (object: KubeObject) => unknown;
}

const policyEssence = (object: KubeObject): unknown => [
  object.metadata.generation,
  object.metadata.annotations,
  textAt(recordAt(object, 'status'), 'policyStatus'),
];
const existence = (): unknown => null;

function watchedBy(deploymentsNamespace: string): readonly Watched[] {
  const policies = `${POLICIES_GROUP}/v1`;
  const cluster = { namespaced: false };
  return [
    {
      resource: resource(policies, 'ClusterAdmissionPolicy', 'clusteradmissionpolicies', cluster),
      essence: policyEssence,
    },
    {
      resource: resource(policies, 'ClusterAdmissionPolicyGroup', 'clusteradmissionpolicygroups', cluster),
      essence: policyEssence,
    },
    { resource: resource(policies, 'AdmissionPolicy', 'admissionpolicies'), essence: policyEssence },
    { resource: resource(policies, 'AdmissionPolicyGroup', 'admissionpolicygroups'), essence: policyEssence },
    { resource: resource(policies, 'PolicyServer', 'policyservers', cluster), essence: existence },
    { resource: resource('v1', 'Namespace', 'namespaces', cluster), essence: ({ metadata }) => metadata.labels },
    {
      resource: resource('v1', 'Service', 'services'),
      namespace: deploymentsNamespace,
      essence: ({ metadata }) => metadata.labels,
    },
    {
      resource: resource('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'customresourcedefinitions', cluster),
      essence: ({ metadata }) => metadata.generation,
    },
  ];
}

interface Essence extends KubeObject {
  readonly essence: string;
}

/** Calls `onChange` when something that a plan depends on is other than it was. Returns what ends that. */
export function watchPlan(
  client: KubeClient,
  deploymentsNamespace: string,
  onChange: (what: string) => void,
): () => Promise<void> {
  const reflectors = watchedBy(deploymentsNamespace).map((watched) => watchOne(client, watched, onChange));
  return async () => void (await Promise.all(reflectors.map((one) => one.stop())));
}

function watchOne(
  client: KubeClient,
  { resource: kind, namespace, essence }: Watched,
  onChange: (what: string) => void,
): Reflector<Essence> {
  let isFirst = true;
  return createReflector<Essence>({
    client,
    resource: kind,
    namespace,
    transform: (object) => ({
      apiVersion: object.apiVersion,
      kind: object.kind,
      metadata: placeOf(object),
      essence: JSON.stringify(essence(object)),
    }),
    onChange: (changes) => {
      // The first list is what the first plan was made from, or nearly so; the pass after it finds the rest.
      if (!isFirst && changes.some(isEssential)) onChange(kind.plural);
      isFirst = false;
    },
  });
}

function placeOf({ metadata: { name, namespace } }: KubeObject): KubeObject['metadata'] {
  return namespace === undefined ? { name } : { name, namespace };
}

function isEssential(change: Change<Essence>): boolean {
  return change.type !== 'update' || change.object.essence !== change.old.essence;
}
