import { createHash } from 'node:crypto';
import { validateSettings, type CallSettingsValidation } from '@ostiary/policy';
import { DEFAULT_LIMITS, type CompileOptions } from '@ostiary/sandbox';
import type { AdmissionModuleConfig, ModuleConfig } from '../config/types.ts';
import { LOAD_PATIENCE_MS } from '../evaluation/pool.ts';
import type { GuestSpec } from '../evaluation/protocol.ts';
import type { LoadContext } from './context.ts';
import { LoadError } from './errors.ts';
import { addGuest, usualMicros } from './guests.ts';
import { imageKeyOf, imageOf } from './images.ts';
import type { OpenedModule } from './module-store.ts';
import { hasScheme, shownUrl } from './module-url.ts';
import { OPERATIONS, type GateName, type ModuleSpec } from './spec.ts';
import { trialOf, type TrialPlan } from './warm.ts';

/**
 * Reads, checks, compiles and tries a module of a gate, or takes over the one that serves if it is the same. Throws
 * LoadError with the entry's position and the cause.
 */
export async function loadGateModule(
  gate: GateName,
  config: ModuleConfig,
  context: LoadContext,
  plan: TrialPlan,
): Promise<ModuleSpec> {
  const { digest, source, bytes } = await open(config, context);
  const options = compileOptions(gate, config);
  const imageKey = imageKeyOf(digest, options);
  const timeoutMs = config.timeoutMs ?? DEFAULT_LIMITS.timeoutMs;
  const { name, settings, debug } = config;
  const identity = JSON.stringify([gate, name, imageKey, settings ?? null, timeoutMs, debug]);
  const same = context.reusable.take(identity);
  if (same) return { ...same, source };
  const trial = trialOf(gate, config);
  const image = await imageOf(context.images, imageKey, context.pool, async () => ({
    bytes: await bytes(),
    options,
    trial,
  })).catch((error: Error) => {
    throw problem(config, `module '${name}' (${shownUrl(config.module)}) ${error.message}`);
  });
  const guest = addGuest(image, timeoutMs, context);
  if (options.abi === 'wapc') await checkSettings(config, guest, context);
  const module = { name, settings, debug, digest, source, imageKey, identity, operation: OPERATIONS[gate], guest };
  return { ...module, usualMicros: await usualMicros(module, trial, context, plan) };
}

type Opened = Pick<OpenedModule, 'digest' | 'bytes'> & Pick<ModuleSpec, 'source'>;

/** What says how it is fetched, is fetched and verified like the module of a policy; the rest are paths. */
async function open(config: ModuleConfig, { files, modules }: LoadContext): Promise<Opened> {
  const { name, module } = config;
  if (hasScheme(module)) {
    const opened = await modules.open(module).catch((error: Error) => {
      // A registry may be back in a moment.
      const message = `${config.position}: module '${name}' can't be fetched from ${shownUrl(module)}: ${error.message}`;
      throw new LoadError([message], true);
    });
    return { digest: opened.digest, bytes: () => opened.bytes(), source: module };
  }
  const bytes = await files.read(module).catch((error: Error) => {
    throw problem(config, `module '${name}' can't be read: ${error.message}`);
  });
  const digest = createHash('sha256').update(bytes).digest('hex');
  return { digest, bytes: () => Promise.resolve(bytes), source: undefined };
}

/** Kubewarden policies judge their settings themselves, once, before they may serve (contract: fork §5.2). */
async function checkSettings(config: ModuleConfig, guest: GuestSpec, { pool }: LoadContext): Promise<void> {
  const ask: CallSettingsValidation = (operation, input) => pool.call(guest, operation, input, LOAD_PATIENCE_MS);
  const verdict = await validateSettings(ask, config.settings);
  if (!verdict.ok) throw problem(config, `module '${config.name}': ${verdict.message}`);
}

function problem(config: ModuleConfig, message: string): LoadError {
  return new LoadError([`${config.position}: ${message}`]);
}

function compileOptions(gate: GateName, config: ModuleConfig): CompileOptions {
  const kubewarden = gate === 'admission' && (config as AdmissionModuleConfig).type === 'kubewarden';
  return {
    abi: kubewarden ? 'wapc' : 'wasi-reactor',
    operations: kubewarden ? ['validate', 'validate_settings'] : [OPERATIONS[gate]],
    memoryBytes: config.memoryBytes ?? DEFAULT_LIMITS.memoryBytes,
  };
}
