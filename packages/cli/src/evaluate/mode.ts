import { checkPolicyMetadata, kindOfMode, PolicyError, type PolicyKind } from '@ostiary/policy';
import { isRego, MetadataError, readMetadata, type ExecutionMode, type PolicyMetadata } from '@ostiary/registry';
import { readModule, WasmError } from '@ostiary/wasm';
import { EvaluateError } from './errors.ts';

/** The exports by which a module of the three gates is known. */
export const GATE_EXPORTS = ['authn', 'authz', 'validate'] as const;
export type GateExport = (typeof GATE_EXPORTS)[number];

/** What a module is, and so how it is asked. */
export type ModuleNature =
  | {
      readonly family: 'policy';
      readonly kind: PolicyKind;
      /** It judges any JSON. */
      readonly raw: boolean;
      readonly metadata: PolicyMetadata | undefined;
    }
  | { readonly family: 'gate'; readonly exports: readonly GateExport[]; readonly metadata: undefined };

/** Names of execution modes as `--execution-mode` takes them. */
export const MODES = ['kubewarden', 'kubewarden-wapc', 'wasi', 'opa', 'gatekeeper'] as const;
export type ModeFlag = (typeof MODES)[number];

/** The release of Kubewarden whose policies are understood, for their `minimumKubewardenVersion`. */
export const KUBEWARDEN_VERSION = '1.38.0';

export interface NatureOptions {
  /** What the user says, which wins over everything. */
  readonly mode?: ModeFlag | undefined;
  readonly raw?: boolean | undefined;
  /** In place of what the module says of itself, as if it were annotated with it. */
  readonly metadata?: PolicyMetadata | undefined;
}

/**
 * What a module is: what the user says, else what its metadata says and its exports do not contradict, else what its
 * exports show (contract: authoring §1.4.5). Throws EvaluateError.
 */
export function natureOf(bytes: Uint8Array, { mode, raw, metadata: given }: NatureOptions = {}): ModuleNature {
  const metadata = given ?? metadataOf(bytes);
  const rego = guarded(() => isRego(bytes));
  if (mode === undefined && metadata === undefined && !rego) {
    const gates = gateExports(bytes);
    if (gates.length > 0) return { family: 'gate', exports: gates, metadata: undefined };
  }
  if (metadata) checkVersion(metadata);
  const executionMode = mode === undefined ? chosenMode(metadata, rego) : modeOf(mode);
  const isRaw = raw === true || metadata?.policyType === 'raw';
  return { family: 'policy', kind: kindOfMode(executionMode), raw: isRaw, metadata };
}

function modeOf(mode: ModeFlag): ExecutionMode {
  return mode === 'kubewarden' ? 'kubewarden-wapc' : mode;
}

function chosenMode(metadata: PolicyMetadata | undefined, rego: boolean): ExecutionMode {
  if (!metadata) {
    if (!rego) return 'kubewarden-wapc';
    throw new EvaluateError(
      'wrong-mode',
      'The policy is compiled from Rego and has no metadata: say how to run it, with --execution-mode opa or --execution-mode gatekeeper',
    );
  }
  checkBackend(metadata.executionMode, rego);
  return metadata.executionMode;
}

/** Throws EvaluateError when metadata claims another compiler than the exports show. Contract: authoring §4.3. */
export function checkBackend(mode: ExecutionMode, rego: boolean): void {
  const wantsRego = mode === 'opa' || mode === 'gatekeeper';
  if (wantsRego === rego) return;
  throw new EvaluateError(
    'wrong-mode',
    rego
      ? `Wrong value inside of policy's metadata for 'executionMode'. This policy has been created using Rego: expected 'opa' or 'gatekeeper', found '${mode}'`
      : `Wrong value inside of policy's metadata for 'executionMode'. This policy has not been created using Rego, as '${mode}' says: expected 'kubewarden-wapc' or 'wasi'`,
  );
}

function metadataOf(bytes: Uint8Array): PolicyMetadata | undefined {
  try {
    return guarded(() => readMetadata(bytes));
  } catch (error) {
    if (error instanceof MetadataError) throw new EvaluateError('unusable-module', error.message, { cause: error });
    throw error;
  }
}

function checkVersion(metadata: PolicyMetadata): void {
  const { executionMode, protocolVersion, policyType, mutating, minimumKubewardenVersion } = metadata;
  try {
    checkPolicyMetadata(
      { executionMode, protocolVersion, policyType, mutating, minimumKubewardenVersion },
      KUBEWARDEN_VERSION,
    );
  } catch (error) {
    if (error instanceof PolicyError) throw new EvaluateError('unusable-module', error.message, { cause: error });
    throw error;
  }
}

/** The gates that a module of the k8s-wasm specification serves; a waPC policy has exports of its own. */
function gateExports(bytes: Uint8Array): readonly GateExport[] {
  const names = new Set(guarded(() => readModule(bytes)).exports.map((entry) => entry.name));
  return names.has('__guest_call') ? [] : GATE_EXPORTS.filter((name) => names.has(name));
}

function guarded<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof WasmError) {
      throw new EvaluateError('unusable-module', `not a WebAssembly module: ${error.message}`, { cause: error });
    }
    throw error;
  }
}
