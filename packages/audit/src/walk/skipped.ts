import type { AuditOptions } from '../options.ts';
import type { Plan } from '../plan/plan.ts';

/**
 * The namespaces that an audit of everything leaves out: those that are to be ignored, and the stack's own, unless
 * policies look into it as their webhooks do.
 */
export function skippedNamespaces(
  { ignoreNamespaces, deploymentsNamespace }: Pick<AuditOptions, 'ignoreNamespaces' | 'deploymentsNamespace'>,
  { policies }: Pick<Plan, 'policies'>,
): ReadonlySet<string> {
  const looksInside = policies.some(
    ({ policy }) => policy.allowInsideDeploymentsNamespace || policy.namespace === deploymentsNamespace,
  );
  return looksInside ? ignoreNamespaces : new Set([...ignoreNamespaces, deploymentsNamespace]);
}
