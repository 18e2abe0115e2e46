import type { GatesConfig, ModuleConfig } from '../config/types.ts';
import type { EvaluationPool } from '../evaluation/pool.ts';
import type { LoadContext } from './context.ts';
import { LoadError } from './errors.ts';
import { loadGateModule } from './gate-modules.ts';
import { loadPolicies, type PolicyProblem } from './load-policies.ts';
import { keysLeft } from './reuse.ts';
import { failedModules, modulesOf, type GateModuleSpec, type GateName, type GenerationSpec } from './spec.ts';
import { trialPlan, type TrialPlan } from './warm.ts';

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
    ...gates.problems.filter((problem) => !isTolerable(problem, serving, context)).map(({ line }) => line),
    ...problems.filter((problem) => isFatal(problem, context)).map(lineOf),
  ];
  const worthRetrying = problems.some(({ code }) => code === 'unfetchable' || code === 'unverified');
  if (fatal.length > 0) throw new LoadError(fatal, worthRetrying);
  return {
    spec: specOf(number, config, gates.loaded, policies),
    problems: [...gates.problems.map(({ line }) => line), ...problems.map(lineOf)],
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

interface GateProblem {
  readonly gate: GateName;
  readonly name: string;
  readonly line: string;
}

interface LoadedGates {
  readonly loaded: ReadonlyMap<ModuleConfig, GateModuleSpec>;
  readonly problems: readonly GateProblem[];
}

async function loadGates(config: GatesConfig, context: LoadContext, plan: TrialPlan): Promise<LoadedGates> {
  const problems: GateProblem[] = [];
  const loaded = await Promise.all(
    entriesOf(config).map(async ({ gate, entry }) => {
      const module = await loadGateModule(gate, entry, context, plan).catch((error: unknown): GateModuleSpec => {
        if (!(error instanceof LoadError)) throw error;
        problems.push({ gate, name: entry.name, line: error.message });
        return { name: entry.name, settings: undefined, error: `could not be loaded: ${error.message}` };
      });
      return [entry, module] as const;
    }),
  );
  return { loaded: new Map(loaded), problems };
}

/** A broken module is put up with at the start, and as long as it stays broken; a serving gate is never made worse. */
function isTolerable({ gate, name }: GateProblem, serving: GenerationSpec | undefined, context: LoadContext): boolean {
  if (context.failureMode !== 'isolate') return false;
  if (serving === undefined) return true;
  return failedModules(serving).some((failed) => failed.gate === gate && failed.module.name === name);
}

function entriesOf(config: GatesConfig): { readonly gate: GateName; readonly entry: ModuleConfig }[] {
  return (['authentication', 'authorization', 'admission'] as const).flatMap((gate) =>
    (config[gate] ?? []).map((entry) => ({ gate, entry })),
  );
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

/** Entries keep their order; two entries of one file are two modules with settings and limits of their own. */
function specOf(
  number: number,
  config: GatesConfig,
  loaded: ReadonlyMap<ModuleConfig, GateModuleSpec>,
  policies: GenerationSpec['policies'],
): GenerationSpec {
  return {
    number,
    authentication: config.authentication?.map((entry) => loaded.get(entry)!),
    authorization: config.authorization?.map((entry) => ({
      ...loaded.get(entry)!,
      failurePolicy: entry.failurePolicy,
    })),
    admission: config.admission?.map((entry) => {
      const { type, mutating, rules, failurePolicy } = entry;
      return { ...loaded.get(entry)!, type, mutating, rules, failurePolicy };
    }),
    policies,
  };
}
