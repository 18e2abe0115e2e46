import { matchesRequirements, type KubeObject, type Labels } from '@ostiary/kube';
import type { Assignment, PlannedPolicy } from './plan.ts';

/** The label by which every namespace can be selected by its name. */
export const NAMESPACE_NAME_LABEL = 'kubernetes.io/metadata.name';

/** Where an object is, as selectors see it. */
export interface Place {
  readonly object: KubeObject;
  /** Of the object's namespace, or of the object itself if it is one; undefined for other objects of the cluster. */
  readonly namespaceLabels: Labels | undefined;
}

/**
 * Whether the webhook of a policy would be called for an object, but for its match conditions: namespace, selectors,
 * and the namespace of the stack, which policies of the cluster leave alone unless told otherwise (contract: §5.4).
 */
export function applies(
  { planned }: Pick<Assignment, 'planned'>,
  { object, namespaceLabels }: Place,
  deploymentsNamespace: string,
): boolean {
  const { policy, objectSelector } = planned;
  const { namespace = '', labels } = object.metadata;
  if (policy.namespace !== '' && policy.namespace !== namespace) return false;
  if (namespaceLabels !== undefined && !namespaceFits(planned, namespaceLabels, deploymentsNamespace)) return false;
  return objectSelector === undefined || matchesRequirements(objectSelector, labels);
}

function namespaceFits(
  { policy, namespaceSelector }: PlannedPolicy,
  labels: Labels,
  deploymentsNamespace: string,
): boolean {
  // The selector of a namespaced policy is its namespace, and that has been looked at.
  if (policy.namespace !== '') return true;
  const isInside = labels[NAMESPACE_NAME_LABEL] === deploymentsNamespace;
  if (isInside && !policy.allowInsideDeploymentsNamespace) return false;
  return namespaceSelector === undefined || matchesRequirements(namespaceSelector, labels);
}
