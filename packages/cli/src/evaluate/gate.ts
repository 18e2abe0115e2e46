import {
  admit,
  authenticate,
  authorize,
  type AdmissionModule,
  type GateAnswer,
  type GateModule,
} from '@ostiary/policy';
import { bodyOf, type Subject } from '../request/subject.ts';
import { EvaluateError } from './errors.ts';
import { loadGuest } from './guest.ts';
import type { ModuleNature } from './mode.ts';
import { DEFAULT_TIMEOUT_MS, type EvaluateOptions } from './policy.ts';

/** A module of the three gates and its settings, JSON text. */
export interface GateDefinition {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly nature: Extract<ModuleNature, { readonly family: 'gate' }>;
  /** Undefined when there are none: the module then reads none. */
  readonly settings: string | undefined;
}

/** A module of the gates that can be asked about reviews. */
export interface LoadedGate {
  /** Throws EvaluateError `wrong-request` for a review that is not of its gate. */
  evaluate(subject: Subject): Promise<GateAnswer>;
}

const EVERYTHING = [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*/*'] }] as const;

/** Compiles a module of the gates. Throws EvaluateError. */
export function loadGate({ name, bytes, nature, settings }: GateDefinition, options: EvaluateOptions): LoadedGate {
  const { control, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const { guest } = loadGuest(bytes, nature, { control, timeoutMs });
  const module: GateModule = { name, settings, call: (operation, input) => guest.call(operation, input) };
  return {
    async evaluate(subject) {
      const gate = GATES[subject.kind];
      if (!gate || !nature.exports.includes(gate)) {
        const exported = nature.exports.join(', ');
        throw new EvaluateError(
          'wrong-request',
          `${subject.source}: the module exports ${exported}, which are not asked about ${INPUTS[subject.kind]}`,
        );
      }
      return checked(subject, await ask(gate, module, subject));
    },
  };
}

/** The export that a subject is for. */
const GATES = {
  'token-review': 'authn',
  'subject-access-review': 'authz',
  admission: 'validate',
  raw: undefined,
} as const;

const INPUTS: Readonly<Record<Subject['kind'], string>> = {
  'token-review': 'a TokenReview',
  'subject-access-review': 'a SubjectAccessReview',
  admission: 'admission requests',
  raw: 'raw requests',
};

function ask(gate: 'authn' | 'authz' | 'validate', module: GateModule, subject: Subject): Promise<GateAnswer> {
  switch (gate) {
    case 'authn':
      return authenticate([module], bodyOf(subject));
    case 'authz':
      return authorize([{ ...module, failurePolicy: 'NoOpinion' }], bodyOf(subject));
    case 'validate':
      return admitBoth({ ...module, type: 'wasi', mutating: true, failurePolicy: 'Fail', rules: EVERYTHING }, subject);
  }
}

/** A module that does not mutate answers the same in the phase that lets it. */
function admitBoth(module: AdmissionModule, subject: Subject): Promise<GateAnswer> {
  const request = new TextDecoder().decode(bodyOf(subject));
  const review = `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview",${request.slice(1)}`;
  return admit([module], new TextEncoder().encode(review), 'mutating');
}

function checked(subject: Subject, answer: GateAnswer): GateAnswer {
  if (answer.status === 200) return answer;
  throw new EvaluateError('wrong-request', `${subject.source}: ${answer.body}`);
}
