import {
  constrain,
  parseExpression,
  PolicyError,
  type Constraints,
  type Expression,
  type GateAnswer,
  type PolicyResponse,
} from '@ostiary/policy';
import type { Subject } from '../request/subject.ts';
import type { PolicyResource, ModuleEntry } from './definition.ts';
import { EvaluateError } from './errors.ts';
import { loadGate } from './gate.ts';
import { evaluateGroup } from './group.ts';
import type { Grants } from './host.ts';
import { natureOf, type ModuleNature, type NatureOptions } from './mode.ts';
import {
  checkSettings,
  loadPolicy,
  requestOf,
  UNCONSTRAINED,
  type EvaluateOptions,
  type Evaluation,
  type LoadedPolicy,
} from './policy.ts';

/** What came of one request. */
export type Verdict =
  | {
      readonly type: 'policy';
      /** After the configuration has had its say. */
      readonly response: PolicyResponse;
      readonly evaluation: Evaluation;
    }
  | { readonly type: 'gate'; readonly answer: GateAnswer };

/** A policy, a group or a module of the gates, ready to be asked. */
export interface Program {
  readonly name: string;
  /** It judges any JSON. */
  readonly raw: boolean;
  readonly nature: ModuleNature | 'group';
  /** Throws EvaluateError `wrong-request`. */
  evaluate(subject: Subject): Promise<Verdict>;
}

/** One module by itself, with all that the command line says of it. */
export interface ModuleTarget extends NatureOptions {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly nature?: ModuleNature;
  /** JSON text; undefined for none. */
  readonly settings: string | undefined;
  readonly grants: Grants;
}

/** Loads a module of any nature and checks its settings. Throws EvaluateError. */
export async function loadModule(target: ModuleTarget, options: EvaluateOptions): Promise<Program> {
  const { name, bytes, settings, grants } = target;
  const nature = target.nature ?? natureOf(bytes, target);
  if (nature.family === 'gate') {
    const gate = loadGate({ name, bytes, nature, settings }, options);
    return {
      name,
      raw: false,
      nature,
      evaluate: async (subject) => ({ type: 'gate', answer: await gate.evaluate(subject) }),
    };
  }
  const policy = await loadPolicy({ name, bytes, nature, settings: settings ?? '{}', grants }, options);
  await checkSettings(policy);
  return policyProgram(name, policy, UNCONSTRAINED);
}

function policyProgram(name: string, policy: LoadedPolicy, constraints: Constraints): Program {
  const { nature } = policy.definition;
  return {
    name,
    raw: nature.raw,
    nature,
    async evaluate(subject) {
      checkKind(subject);
      const evaluation = await policy.evaluate(requestOf(subject));
      return { type: 'policy', response: constrain(evaluation.response, constraints), evaluation };
    },
  };
}

function checkKind({ kind, source }: Subject): void {
  if (kind === 'admission' || kind === 'raw') return;
  throw new EvaluateError('wrong-request', `${source}: a policy judges admission requests, not a ${kind}`);
}

/** How the modules of custom resources are had. */
export interface ResourceOptions extends EvaluateOptions {
  /** The bytes at an address, a path or an image. */
  readonly fetch: (module: string) => Promise<Uint8Array>;
  readonly hostCapabilities: readonly string[];
}

/** Loads a policy or a group of custom resources, and checks its settings. Throws EvaluateError. */
export async function loadResource(resource: PolicyResource, options: ResourceOptions): Promise<Program> {
  const { id, mode } = resource;
  if (resource.type === 'policy') {
    const { mutating, message, entry } = resource;
    const constraints: Constraints = { id, mode, allowedToMutate: mutating, message };
    return policyProgram(id, await loadEntry(id, entry, options), constraints);
  }
  const members = new Map<string, LoadedPolicy>();
  for (const [name, entry] of resource.members) members.set(name, await loadEntry(`${id}/${name}`, entry, options));
  const { message } = resource;
  const group = { expression: expressionOf(resource), message, members };
  const constraints: Constraints = { id, mode, allowedToMutate: false, message: undefined };
  return {
    name: id,
    raw: false,
    nature: 'group',
    async evaluate(subject) {
      checkKind(subject);
      const evaluation = await evaluateGroup(group, requestOf(subject));
      return { type: 'policy', response: constrain(evaluation.response, constraints), evaluation };
    },
  };
}

async function loadEntry(
  name: string,
  { module, settings, contextAwareResources }: ModuleEntry,
  options: ResourceOptions,
): Promise<LoadedPolicy> {
  const { hostCapabilities } = options;
  const bytes = await options.fetch(module);
  const nature = natureOf(bytes);
  if (nature.family === 'gate') {
    throw new EvaluateError('bad-definition', `${name}: ${module} is a module of the gates and no Kubewarden policy`);
  }
  const grants = { hostCapabilities, contextAwareResources };
  const policy = await loadPolicy({ name, bytes, nature, settings, grants }, options);
  await checkSettings(policy);
  return policy;
}

function expressionOf({
  expression,
  members,
  source,
}: Extract<PolicyResource, { readonly type: 'group' }>): Expression {
  try {
    return parseExpression(expression, new Set(members.keys()));
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    throw new EvaluateError('bad-definition', `${source}: spec.expression: ${error.message}`, { cause: error });
  }
}
