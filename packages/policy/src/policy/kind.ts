import type { ExecutionMode } from './metadata.ts';

/** The families of policies, by what they are asked and what they answer. */
export type PolicyKind = 'wapc' | 'wasi' | 'opa' | 'gatekeeper';

const KINDS: Readonly<Record<ExecutionMode, PolicyKind>> = {
  'kubewarden-wapc': 'wapc',
  wasi: 'wasi',
  opa: 'opa',
  gatekeeper: 'gatekeeper',
};

export function kindOfMode(mode: ExecutionMode): PolicyKind {
  return KINDS[mode];
}

/** What each kind is asked to judge by: an operation, an argument, or the first entrypoint of a Rego module. */
export const JUDGE_OPERATIONS = { wapc: 'validate', wasi: 'validate', opa: 'eval', gatekeeper: 'eval' } as const;
