import { createHash } from 'node:crypto';
import { validateSettings, type CallSettingsValidation } from '@ostiary/policy';
import { DEFAULT_LIMITS, type CompileOptions, type GuestImage } from '@ostiary/sandbox';
import type { AdmissionModuleConfig, GatesConfig, ModuleConfig } from '../config/types.ts';
import { LOAD_PATIENCE_MS, type EvaluationPool } from '../evaluation/pool.ts';
import type { Trial } from '../evaluation/protocol.ts';
import { LoadError } from './errors.ts';
import { modulesOf, OPERATIONS, type GateName, type GenerationSpec, type ModuleSpec } from './spec.ts';
import type { TrackedFiles } from './tracked-files.ts';
import { trialKey, trialLimit, trialOf, warmModule } from './warm.ts';

export interface LoadContext {
  readonly pool: EvaluationPool;
  readonly files: TrackedFiles;
  /** Images by what they were made from; shared by generations so that an unchanged module is not compiled again. */
  readonly images: Map<string, Promise<GuestImage>>;
  /** The usual time of a call in microseconds, by image and settings; shared likewise. */
  readonly usual: Map<string, Promise<number | undefined>>;
  /** A number that no guest of this process has had. */
  readonly nextKey: () => number;
}

/**
 * Reads, checks and compiles every module of a configuration beside whatever serves now.
 *
 * @throws LoadError with every problem of every module; nothing of the generation remains loaded then.
 */
export async function loadGeneration(
  number: number,
  config: GatesConfig,
  context: LoadContext,
): Promise<GenerationSpec> {
  const entries = (['authentication', 'authorization', 'admission'] as const).flatMap((gate) =>
    (config[gate] ?? []).map((entry) => ({ gate, entry })),
  );
  const settled = await Promise.allSettled(entries.map(({ gate, entry }) => loadModule(gate, entry, context)));
  const loaded = new Map(
    settled.flatMap((result, index) => (result.status === 'fulfilled' ? [[entries[index]!.entry, result.value]] : [])),
  );
  const problems = settled.flatMap((result) => (result.status === 'rejected' ? problemsOf(result.reason) : []));
  if (problems.length === 0) problems.push(...(await refusedSettings(loaded, context.pool)));
  if (problems.length > 0) {
    context.pool.remove([...loaded.values()].map(({ guest }) => guest.key));
    throw new LoadError(problems);
  }
  await warm(entries, loaded, context);
  return specOf(number, config, loaded);
}

/** Trial runs for what this process has not run yet; code that a served generation uses is hot already. */
async function warm(
  entries: readonly { readonly gate: GateName; readonly entry: ModuleConfig }[],
  loaded: Map<ModuleConfig, ModuleSpec>,
  { pool, usual }: LoadContext,
): Promise<void> {
  const limitMs = trialLimit(entries.length, pool.stats().threads);
  await Promise.all(
    entries.map(async ({ gate, entry }) => {
      const module = loaded.get(entry)!;
      const key = trialKey(module);
      if (!usual.has(key)) usual.set(key, warmModule(gate, { ...entry, ...module }, pool, limitMs));
      loaded.set(entry, { ...module, usualMicros: await usual.get(key) });
    }),
  );
}

/** Forgets the modules of a generation that serves no more. */
export function unloadGeneration(spec: GenerationSpec, pool: EvaluationPool): void {
  pool.remove(modulesOf(spec).map(({ module }) => module.guest.key));
}

/** Entries keep their order; two entries of one file are two modules with settings and limits of their own. */
function specOf(number: number, config: GatesConfig, loaded: ReadonlyMap<ModuleConfig, ModuleSpec>): GenerationSpec {
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
  };
}

async function loadModule(gate: GateName, config: ModuleConfig, context: LoadContext): Promise<ModuleSpec> {
  const bytes = await context.files.read(config.module).catch((error: Error) => {
    throw new LoadError([`${config.position}: module '${config.name}' can't be read: ${error.message}`]);
  });
  const digest = createHash('sha256').update(bytes).digest('hex');
  const options = compileOptions(gate, config);
  const imageKey = JSON.stringify([digest, options]);
  const image = await imageOf(imageKey, bytes, options, trialOf(gate, config), context).catch((error: Error) => {
    throw new LoadError([`${config.position}: module '${config.name}' (${config.module}) ${error.message}`]);
  });
  const guest = { key: context.nextKey(), image, timeoutMs: config.timeoutMs ?? DEFAULT_LIMITS.timeoutMs };
  context.pool.add([guest]);
  return { name: config.name, settings: config.settings, debug: config.debug, digest, imageKey, guest };
}

function compileOptions(gate: GateName, config: ModuleConfig): CompileOptions {
  const kubewarden = gate === 'admission' && (config as AdmissionModuleConfig).type === 'kubewarden';
  return {
    abi: kubewarden ? 'wapc' : 'wasi-reactor',
    operations: kubewarden ? ['validate', 'validate_settings'] : [OPERATIONS[gate]],
    memoryBytes: config.memoryBytes ?? DEFAULT_LIMITS.memoryBytes,
  };
}

function imageOf(
  key: string,
  bytes: Uint8Array,
  options: CompileOptions,
  trial: Pick<Trial, 'operation' | 'input'>,
  { images, pool }: LoadContext,
): Promise<GuestImage> {
  const known = images.get(key);
  if (known) return known;
  const image = pool.compile(bytes, options, trial).then((result) => {
    if ('module' in result) return result;
    throw new Error(result.message);
  });
  images.set(key, image);
  image.catch(() => images.delete(key));
  return image;
}

/** Kubewarden policies judge their settings themselves, once, before they may serve (contract: fork §5.2). */
async function refusedSettings(loaded: ReadonlyMap<ModuleConfig, ModuleSpec>, pool: EvaluationPool): Promise<string[]> {
  const answers = [...loaded]
    .filter(([, { guest }]) => guest.image.abi === 'wapc')
    .map(async ([config, { guest }]) => {
      const ask: CallSettingsValidation = (operation, input) => pool.call(guest, operation, input, LOAD_PATIENCE_MS);
      const verdict = await validateSettings(ask, config.settings);
      return verdict.ok ? [] : [`${config.position}: module '${config.name}': ${verdict.message}`];
    });
  return (await Promise.all(answers)).flat();
}

function problemsOf(reason: unknown): readonly string[] {
  if (reason instanceof LoadError) return reason.problems;
  throw reason;
}
