import {
  compileGuest,
  createGuest,
  DEFAULT_LIMITS,
  SandboxError,
  type AbiName,
  type Control,
  type Guest,
  type GuestImage,
  type HostCalls,
} from '@ostiary/sandbox';
import { JUDGE_OPERATIONS, SETTINGS_OPERATIONS, type PolicyKind } from '@ostiary/policy';
import { EvaluateError } from './errors.ts';
import type { ModuleNature } from './mode.ts';

/** How the state after the start is put back after each call. */
export type SnapshotMode = GuestImage['snapshot'];

export interface GuestOptions {
  readonly control: Control;
  /** Of one call, in milliseconds. */
  readonly timeoutMs: number;
  /** Default: as the server's. */
  readonly memoryBytes?: number;
  readonly snapshot?: SnapshotMode;
  /** The data document of a Rego module, as JSON text. */
  readonly data?: string;
  /** Lines that the guest writes for whoever debugs it. */
  readonly log?: (text: string) => void;
}

/** A module that can be called, and what it cost to get there. */
export interface LoadedGuest {
  readonly guest: Guest;
  readonly image: GuestImage;
  /** Checking, rewriting and compiling, in milliseconds. */
  readonly compileMs: number;
}

const ABIS: Readonly<Record<PolicyKind, AbiName>> = {
  wapc: 'wapc',
  wasi: 'wasi-command',
  opa: 'rego',
  gatekeeper: 'rego',
};

/** How a module of this nature is talked to. */
export function abiOf(nature: ModuleNature): AbiName {
  return nature.family === 'gate' ? 'wasi-reactor' : ABIS[nature.kind];
}

/** What is called of a module of this nature. */
export function operationsOf(nature: ModuleNature): readonly string[] {
  if (nature.family === 'gate') return nature.exports;
  const { kind } = nature;
  return kind === 'wapc' || kind === 'wasi'
    ? [JUDGE_OPERATIONS[kind], SETTINGS_OPERATIONS[kind]]
    : [JUDGE_OPERATIONS[kind]];
}

/** Compiles a module. Throws EvaluateError `unusable-module`, which says what is wrong with it. */
export function loadGuest(bytes: Uint8Array, nature: ModuleNature, options: GuestOptions): LoadedGuest {
  const { control, timeoutMs, memoryBytes = DEFAULT_LIMITS.memoryBytes, snapshot, data, log } = options;
  const started = performance.now();
  const image = compiled(bytes, nature, memoryBytes, snapshot);
  const compileMs = performance.now() - started;
  const document = data === undefined ? undefined : { version: 1, bytes: new TextEncoder().encode(data) };
  const guest = createGuest(image, {
    control,
    timeoutMs,
    startCalls: STARTING,
    ...(document && { data: () => document }),
    ...(log && { log }),
  });
  return { guest, image, compileMs };
}

function compiled(
  bytes: Uint8Array,
  nature: ModuleNature,
  memoryBytes: number,
  snapshot: SnapshotMode | undefined,
): GuestImage {
  const options = { abi: abiOf(nature), operations: operationsOf(nature), memoryBytes };
  try {
    return compileGuest(bytes, snapshot === undefined ? options : { ...options, snapshot });
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error;
    throw new EvaluateError('unusable-module', `the module ${error.message}`, { cause: error });
  }
}

const NOTHING = new Uint8Array();

/** A guest that starts may log, and is told nothing. */
export const STARTING: Pick<HostCalls, 'call'> = {
  call: ({ namespace, operation }) =>
    namespace === 'tracing' && operation === 'log' ? { ok: true, payload: NOTHING } : undefined,
};
