import { customSections } from '@ostiary/wasm';
import { PolicyError } from './errors.ts';

/** How a policy is talked to, in the words of its metadata. */
export type ExecutionMode = 'kubewarden-wapc' | 'wasi' | 'opa' | 'gatekeeper';

/** The members of a policy's metadata that decide whether and how a server runs it (contract: policy-server §6.1). */
export interface PolicyMetadata {
  readonly protocolVersion: 'v1' | 'Unknown' | undefined;
  readonly executionMode: ExecutionMode;
  readonly policyType: 'kubernetes' | 'raw';
  /** Informational: whether it may mutate is the configuration's to say. */
  readonly mutating: boolean;
  readonly minimumKubewardenVersion: string | undefined;
}

const SECTION = 'io.kubewarden.metadata';
const MODES: readonly ExecutionMode[] = ['kubewarden-wapc', 'wasi', 'opa', 'gatekeeper'];
const NONE: PolicyMetadata = {
  protocolVersion: undefined,
  executionMode: 'kubewarden-wapc',
  policyType: 'kubernetes',
  mutating: false,
  minimumKubewardenVersion: undefined,
};

/**
 * The metadata in the first custom section of its name; the defaults when there is none. Throws PolicyError for a
 * section that can't be read, and WasmError for bytes that are no module.
 */
export function readPolicyMetadata(module: Uint8Array): PolicyMetadata {
  const [section] = customSections(module, SECTION);
  if (section === undefined) return NONE;
  const fields = parsed(section);
  if (typeof fields['mutating'] !== 'boolean') throw invalid('mutating: expected a boolean');
  if (!Array.isArray(fields['rules'])) throw invalid('rules: expected a list');
  return {
    protocolVersion: word(fields, 'protocolVersion', ['v1', 'Unknown'], undefined),
    executionMode: word(fields, 'executionMode', MODES, 'kubewarden-wapc'),
    policyType: word(fields, 'policyType', ['kubernetes', 'raw'], 'kubernetes'),
    mutating: fields['mutating'],
    minimumKubewardenVersion: version(fields['minimumKubewardenVersion']),
  };
}

function parsed(section: Uint8Array): { readonly [name: string]: unknown } {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(section));
  } catch {
    throw invalid('not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('not an object');
  return { ...value };
}

function word<const Word extends string, Default>(
  fields: { readonly [name: string]: unknown },
  name: string,
  words: readonly Word[],
  absent: Default,
): Word | Default {
  const value = fields[name] ?? undefined;
  if (value === undefined) return absent;
  const found = words.find((each) => each === value);
  if (found === undefined) throw invalid(`${name}: expected one of ${words.join(', ')}`);
  return found;
}

function version(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string' || parts(value) === undefined) {
    throw invalid('minimumKubewardenVersion: expected a version such as 1.20.0');
  }
  return value;
}

function invalid(cause: string): PolicyError {
  return new PolicyError('invalid-metadata', `cannot read the policy's metadata: ${cause}`);
}

/**
 * Throws PolicyError when a server that does what Kubewarden's release `running` does can't run the policy. Only major
 * and minor count; only waPC has a protocol with versions.
 */
export function checkPolicyMetadata(metadata: PolicyMetadata, running: string): void {
  const { executionMode, protocolVersion, minimumKubewardenVersion: wanted } = metadata;
  if (wanted !== undefined && isNewer(wanted, running)) {
    throw new PolicyError('unsupported', `Policy required Kubewarden version ${wanted} but is running on ${running}`);
  }
  if (executionMode !== 'kubewarden-wapc' || protocolVersion === 'v1') return;
  throw new PolicyError(
    'unsupported',
    protocolVersion === undefined
      ? 'Policy is missing protocol version, which is required for KubewardenWapc execution mode'
      : `Policy uses protocol version ${protocolVersion} but only V1 is supported`,
  );
}

function isNewer(wanted: string, running: string): boolean {
  const [wantedMajor, wantedMinor] = parts(wanted) ?? [0, 0];
  const [major, minor] = parts(running) ?? [0, 0];
  return wantedMajor > major || (wantedMajor === major && wantedMinor > minor);
}

function parts(text: string): [major: number, minor: number] | undefined {
  const found = /^(\d{1,9})\.(\d{1,9})\.\d{1,9}(?:[-+][\w.+-]*)?$/.exec(text);
  return found === null ? undefined : [Number(found[1]), Number(found[2])];
}
