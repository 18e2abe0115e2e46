import type { Rule } from '@ostiary/policy';
import type { AdmissionModuleConfig } from '../config/types.ts';
import { base64 } from './kubeconfig.ts';
import type { Target } from './options.ts';
import { unionOfRules } from './rules-union.ts';
import { webhookTimeout } from './timeout.ts';

/** The two phases of admission, in the API server's order. */
export const PHASES = {
  mutating: { kind: 'MutatingWebhookConfiguration', plugin: 'MutatingAdmissionWebhook', endpoint: '/admit-mut' },
  validating: { kind: 'ValidatingWebhookConfiguration', plugin: 'ValidatingAdmissionWebhook', endpoint: '/admit' },
} as const;

export type Phase = keyof typeof PHASES;

/** A phase that has modules which can be called. */
export interface ActivePhase {
  readonly phase: Phase;
  readonly modules: readonly AdmissionModuleConfig[];
  readonly rules: readonly Rule[];
}

export function activePhases(modules: readonly AdmissionModuleConfig[]): readonly ActivePhase[] {
  return (['mutating', 'validating'] as const)
    .map((phase) => ({ phase, modules: modules.filter((module) => isCallableIn(phase, module)) }))
    .filter((active) => active.modules.length > 0)
    .map((active) => ({ ...active, rules: unionOfRules(active.modules.flatMap(({ rules }) => rules)) }));
}

/** A module without a rule that can match is never called, so nothing else about it counts. */
function isCallableIn(phase: Phase, { mutating, rules }: AdmissionModuleConfig): boolean {
  return mutating === (phase === 'mutating') && unionOfRules(rules).length > 0;
}

/**
 * The webhook configuration of a phase. One webhook stands for all its modules, because the server matches their
 * rules itself. `Exact`: the original does not convert objects to a version that a rule names (contract: fork,
 * section 4.3).
 */
export function webhookConfiguration({ phase, modules, rules }: ActivePhase, name: string, target: Target) {
  const { kind, endpoint } = PHASES[phase];
  const webhook = {
    // The API server wants a name of at least three labels, and shows it when the webhook denies a request.
    name: `${phase}.gate.${target.name}`,
    clientConfig: { url: target.baseUrl + endpoint, caBundle: base64(target.caBundlePem) },
    rules,
    matchPolicy: 'Exact',
    sideEffects: 'None',
    timeoutSeconds: webhookTimeout(modules, target),
    failurePolicy: modules.every(({ failurePolicy }) => failurePolicy === 'Ignore') ? 'Ignore' : 'Fail',
    admissionReviewVersions: ['v1'],
    ...(phase === 'mutating' ? { reinvocationPolicy: 'Never' } : {}),
  };
  return { apiVersion: 'admissionregistration.k8s.io/v1', kind, metadata: { name }, webhooks: [webhook] };
}
