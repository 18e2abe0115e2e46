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
  const bytes = await context.files.read(config.module).catch((error: Error) => {
    throw problem(config, `module '${config.name}' can't be read: ${error.message}`);
  });
  const digest = createHash('sha256').update(bytes).digest('hex');
  const options = compileOptions(gate, config);
  const imageKey = imageKeyOf(digest, options);
  const timeoutMs = config.timeoutMs ?? DEFAULT_LIMITS.timeoutMs;
  const { name, settings, debug } = config;
  const identity = JSON.stringify([gate, name, imageKey, settings ?? null, timeoutMs, debug]);
  const same = context.reusable.take(identity);
  if (same) return same;
  const trial = trialOf(gate, config);
  const image = await imageOf(context.images, imageKey, context.pool, () =>
    Promise.resolve({ bytes, options, trial }),
  ).catch((error: Error) => {
    throw problem(config, `module '${name}' (${config.module}) ${error.message}`);
  });
  const guest = addGuest(image, timeoutMs, context);
  if (options.abi === 'wapc') await checkSettings(config, guest, context);
  const module = { name, settings, debug, digest, imageKey, identity, operation: OPERATIONS[gate], guest };
  return { ...module, usualMicros: await usualMicros(module, trial, context, plan) };
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
