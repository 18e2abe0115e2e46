import type { GatesConfig } from '../config/types.ts';
import type { EvaluationPool } from '../evaluation/pool.ts';
import type { LoadContext } from './context.ts';
import { LoadError } from './errors.ts';
import { entriesOf, gateSpecs, loadGates } from './load-gates.ts';
import { loadPolicies, type PolicyProblem } from './load-policies.ts';
import { keysLeft } from './reuse.ts';
import { modulesOf, type GenerationSpec } from './spec.ts';
import { trialPlan } from './warm.ts';

/** A generation that can serve, and what of it can't. */
export interface LoadedGeneration {
  readonly spec: GenerationSpec;
  /** Of policies and modules that answer with their error alone; empty in strict mode. */
  readonly problems: readonly string[];
  /** Whether anything failed that may succeed later although no file changes. */
  readonly worthRetrying: boolean;
}

/**
 * Reads, checks and compiles whatever is new in a configuration beside `serving`, and takes over the rest.
 *
 * @throws LoadError with every problem that keeps the generation from serving; nothing new remains loaded then.
 */
export async function loadGeneration(
  number: number,
  config: GatesConfig,
  serving: GenerationSpec | undefined,
  context: LoadContext,
): Promise<LoadedGeneration> {
  try {
    const loaded = await load(number, config, serving, context);
    // What replaced nothing, because an older version goes on in its place.
    const used = new Set(modulesOf(loaded.spec).map(({ module }) => module.guest.key));
    context.pool.remove(context.added.filter((key) => !used.has(key)));
    return loaded;
  } catch (error) {
    context.pool.remove(context.added);
    throw error;
  }
}

async function load(
  number: number,
  config: GatesConfig,
  serving: GenerationSpec | undefined,
  context: LoadContext,
): Promise<LoadedGeneration> {
  const plan = trialPlan(countOf(config), context.pool.stats().threads);
  const [gates, { policies, problems }] = await Promise.all([
    loadGates(config, context, plan),
    config.policies ? loadPolicies(config.policies, serving, context, plan) : NO_POLICIES,
  ]);
  const fatal = [
    ...(context.failureMode === 'isolate' ? [] : gates.problems),
    ...problems.filter((problem) => isFatal(problem, context)).map(lineOf),
  ];
  const worthRetrying =
    gates.worthRetrying || problems.some(({ code }) => code === 'unfetchable' || code === 'unverified');
  if (fatal.length > 0) throw new LoadError(fatal, worthRetrying);
  return {
    spec: { number, ...gateSpecs(config, gates, serving), policies },
    problems: [...gates.problems, ...problems.map(lineOf)],
    worthRetrying,
  };
}

const NO_POLICIES = { policies: undefined, problems: [] } as const;

function isFatal({ code }: PolicyProblem, { failureMode }: LoadContext): boolean {
  return failureMode === 'strict' || (failureMode === 'continueOnErrors' && code === 'invalid-capability');
}

function lineOf({ position, id, message }: PolicyProblem): string {
  return `${position}: policy '${id}': ${message}`;
}

function countOf(config: GatesConfig): number {
  const policies = [...(config.policies?.values() ?? [])];
  const units = policies.reduce((sum, entry) => sum + (entry.kind === 'group' ? entry.members.size : 1), 0);
  return entriesOf(config).length + units;
}

/** Forgets the modules that only a generation that serves no more had. */
export function unloadGeneration(old: GenerationSpec, next: GenerationSpec, pool: EvaluationPool): void {
  pool.remove(keysLeft(old, next));
}
