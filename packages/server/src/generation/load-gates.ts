import type { GatesConfig, ModuleConfig } from '../config/types.ts';
import type { LoadContext } from './context.ts';
import { LoadError } from './errors.ts';
import { loadGateModule } from './gate-modules.ts';
import type { GateModuleSpec, GateName, GenerationSpec, RefusedModule } from './spec.ts';
import type { TrialPlan } from './warm.ts';

const GATES = ['authentication', 'authorization', 'admission'] as const;

/** Every module of the gates, or the error that stands for it. */
export interface LoadedGates {
  readonly loaded: ReadonlyMap<ModuleConfig, GateModuleSpec>;
  readonly problems: readonly string[];
  readonly worthRetrying: boolean;
}

/** All modules of the gates that a configuration has, in the order of its files. */
export function entriesOf(config: GatesConfig): { readonly gate: GateName; readonly entry: ModuleConfig }[] {
  return GATES.flatMap((gate) => (config[gate] ?? []).map((entry) => ({ gate, entry })));
}

/** Loads the modules of all gates, in parallel. */
export async function loadGates(config: GatesConfig, context: LoadContext, plan: TrialPlan): Promise<LoadedGates> {
  const failures: LoadError[] = [];
  const loaded = await Promise.all(
    entriesOf(config).map(async ({ gate, entry }) => {
      const module = await loadGateModule(gate, entry, context, plan).catch((error: unknown): GateModuleSpec => {
        if (!(error instanceof LoadError)) throw error;
        failures.push(error);
        return { name: entry.name, settings: undefined, error: `could not be loaded: ${error.message}` };
      });
      return [entry, module] as const;
    }),
  );
  return {
    loaded: new Map(loaded),
    problems: failures.map(({ message }) => message),
    worthRetrying: failures.some(({ worthRetrying }) => worthRetrying),
  };
}

type GateSpecs = Pick<GenerationSpec, GateName | 'refused'>;

/**
 * The gates as they serve from now on. Entries keep their order; two entries of one file are two modules with settings and
 * limits of their own.
 *
 * A broken module has its error in its place when the server starts, and answers by its failure policy. A gate that serves
 * is never made worse by one: the module goes on as it was, or, if it is new, stays out until it can be loaded. If another
 * one was to go at the same time, the new one was perhaps to take its place, and the gate goes on as a whole.
 */
export function gateSpecs(
  config: GatesConfig,
  { loaded }: LoadedGates,
  serving: GenerationSpec | undefined,
): GateSpecs {
  const refused: RefusedModule[] = [];
  const taken = new Set<number>(
    [...loaded.values()].flatMap((module) => ('guest' in module ? [module.guest.key] : [])),
  );
  const gate = <C extends ModuleConfig, S extends GateModuleSpec>(
    name: GateName,
    entries: readonly C[] | undefined,
    before: readonly S[] | undefined,
    make: (module: GateModuleSpec, entry: C) => S,
  ): readonly S[] | undefined => {
    let isReplacementBroken = false;
    const next = entries?.flatMap((entry) => {
      const module = loaded.get(entry);
      if (module === undefined) return [];
      if (serving === undefined || !('error' in module)) return [make(module, entry)];
      const old = before?.find((one) => one.name === entry.name && !('guest' in one && taken.has(one.guest.key)));
      // What was broken before is broken still, perhaps for another reason.
      if (old !== undefined && 'error' in old) return [make(module, entry)];
      refused.push({ gate: name, name: entry.name, error: module.error });
      if (old === undefined) {
        isReplacementBroken ||= losesOne(before, entries);
        return [];
      }
      if ('guest' in old) taken.add(old.guest.key);
      return [old];
    });
    return isReplacementBroken ? before : next;
  };
  const gates = {
    authentication: gate('authentication', config.authentication, serving?.authentication, (module) => module),
    authorization: gate('authorization', config.authorization, serving?.authorization, (module, { failurePolicy }) => ({
      ...module,
      failurePolicy,
    })),
    admission: gate(
      'admission',
      config.admission,
      serving?.admission,
      (module, { type, mutating, rules, failurePolicy }) => ({ ...module, type, mutating, rules, failurePolicy }),
    ),
  };
  return refused.length === 0 ? gates : { ...gates, refused };
}

/** Whether a module that serves has no entry of its name any more. */
function losesOne(before: readonly GateModuleSpec[] | undefined, entries: readonly ModuleConfig[]): boolean {
  return before?.some((one) => 'guest' in one && !entries.some(({ name }) => name === one.name)) ?? false;
}
