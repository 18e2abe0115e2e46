import { payloadOf, type Constraints, type Group, type Judge } from '@ostiary/policy';
import { policyError, type PolicyGroupSpec, type PolicyModuleSpec, type PolicySpec } from '../generation/spec.ts';
import type { ThreadContext } from './generation.ts';
import type { Runner } from './runner.ts';

/** What stands behind an id. */
export type ServedPolicy =
  | { readonly kind: 'policy'; readonly constraints: Constraints; readonly judge: Judge }
  | { readonly kind: 'group'; readonly constraints: Constraints; readonly group: Group }
  /** It can't judge: this error answers in its place. */
  | { readonly kind: 'failed'; readonly constraints: Constraints; readonly error: string };

export type ServedPolicies = ReadonlyMap<string, ServedPolicy>;

type Context = Pick<ThreadContext, 'askerOf' | 'policySays'>;

/** Policies with guests of this thread; members of groups can be asked alone too, as `group/member`. */
export function servedPolicies(
  specs: ReadonlyMap<string, PolicySpec>,
  runners: ReadonlyMap<number, Runner>,
  context: Context,
): ServedPolicies {
  const served = new Map<string, ServedPolicy>();
  for (const spec of specs.values()) {
    const judges = judgesOf(spec, runners, context);
    served.set(spec.id, servedPolicy(spec, judges));
    if (spec.kind === 'group') addMembers(served, spec, judges);
  }
  return served;
}

function servedPolicy(spec: PolicySpec, judges: ReadonlyMap<string, Judge>): ServedPolicy {
  const constraints = constraintsOf(spec);
  const error = policyError(spec);
  if (error !== undefined) return { kind: 'failed', constraints, error };
  if (spec.kind === 'policy') return { kind: 'policy', constraints, judge: judges.get(spec.id)! };
  if (spec.expression.state === 'failed') return { kind: 'failed', constraints, error: spec.expression.error };
  const members = new Map([...spec.members.keys()].map((name) => [name, judges.get(`${spec.id}/${name}`)!]));
  return { kind: 'group', constraints, group: { expression: spec.expression.tree, message: spec.message, members } };
}

/** A group never mutates, and has no words but its own. */
function constraintsOf(spec: PolicySpec): Constraints {
  const { id, mode } = spec;
  return spec.kind === 'policy'
    ? { id, mode, allowedToMutate: spec.allowedToMutate, message: spec.message }
    : { id, mode, allowedToMutate: false, message: undefined };
}

function addMembers(
  served: Map<string, ServedPolicy>,
  spec: PolicyGroupSpec,
  judges: ReadonlyMap<string, Judge>,
): void {
  for (const [name, { loaded }] of spec.members) {
    const id = `${spec.id}/${name}`;
    const constraints = { id, mode: 'protect', allowedToMutate: false, message: undefined } as const;
    served.set(
      id,
      loaded.state === 'ready'
        ? { kind: 'policy', constraints, judge: judges.get(id)! }
        : { kind: 'failed', constraints, error: loaded.error },
    );
  }
}

/** The judges of a policy or of a group's members, by the names of their modules. */
function judgesOf(spec: PolicySpec, runners: ReadonlyMap<number, Runner>, context: Context): Map<string, Judge> {
  const loaded = spec.kind === 'policy' ? [spec.loaded] : [...spec.members.values()].map((member) => member.loaded);
  return new Map(
    loaded.flatMap((each) =>
      each.state === 'ready' ? [[each.module.name, judgeOf(each.module, runners, context)] as const] : [],
    ),
  );
}

function judgeOf(module: PolicyModuleSpec, runners: ReadonlyMap<number, Runner>, context: Context): Judge {
  const { name, kind, settings, grants, guest } = module;
  const runner = runners.get(guest.key)!;
  const asker = context.askerOf?.({ policy: name, grants }, (call) => context.policySays?.(name, call));
  return { kind, payload: payloadOf(kind, settings), call: (operation, input) => runner.run(operation, input, asker) };
}
