import type { AdmissionModule, AuthorizationModule } from '@ostiary/policy';
import type { GuestSpec } from '../evaluation/protocol.ts';

export type GateName = 'authentication' | 'authorization' | 'admission';

/** What each gate calls. */
export const OPERATIONS = { authentication: 'authn', authorization: 'authz', admission: 'validate' } as const;

/** A loaded module as plain data: what a serving thread needs to make it a member of its gate. */
export interface ModuleSpec {
  readonly name: string;
  readonly settings: string | undefined;
  readonly debug: boolean;
  /** sha256 of the file, hex. */
  readonly digest: string;
  /** Where its image is kept while a generation uses it; equal for entries that share one. */
  readonly imageKey: string;
  readonly guest: GuestSpec;
  /** The usual time of a call in microseconds, from trial runs; undefined when they failed. */
  readonly usualMicros?: number | undefined;
}

export type AuthorizationSpec = ModuleSpec & Pick<AuthorizationModule, 'failurePolicy'>;
export type AdmissionSpec = ModuleSpec & Pick<AdmissionModule, 'failurePolicy' | 'type' | 'mutating' | 'rules'>;

/** One loaded configuration: every module of it is compiled, and its settings are accepted. */
export interface GenerationSpec {
  readonly number: number;
  /** Undefined: the gate is off. */
  readonly authentication: readonly ModuleSpec[] | undefined;
  readonly authorization: readonly AuthorizationSpec[] | undefined;
  readonly admission: readonly AdmissionSpec[] | undefined;
}

/** Every module of a generation with its gate, in the order of the files. */
export function modulesOf(spec: GenerationSpec): { readonly gate: GateName; readonly module: ModuleSpec }[] {
  return (['authentication', 'authorization', 'admission'] as const).flatMap((gate) =>
    (spec[gate] ?? []).map((module) => ({ gate, module })),
  );
}
