import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureOpa, findSdkGuests } from '@ostiary/conformance/node';
import { writeMetadata, type ExecutionMode } from '@ostiary/registry';

/** An entry of a policies file, with how its module is run. */
interface Source {
  readonly mode: ExecutionMode;
  readonly bytes: () => Uint8Array;
  readonly entry: object;
}

const REGO = join(import.meta.dirname, 'rego');
const READS = (...kinds: readonly (readonly [string, string])[]): object => ({
  hostCapabilities: ['kubernetes/*'],
  contextAwareResources: kinds.map(([apiVersion, kind]) => ({ apiVersion, kind })),
});
const NAMESPACE = ['v1', 'Namespace'] as const;

/** Context-aware policies of four toolchains; those whose modules are not built are left out. */
export function contextAwarePolicies(): ReadonlyMap<string, Source> {
  const sdk = (name: 'rust-sdk' | 'go-sdk', mode: ExecutionMode): readonly (readonly [string, Source])[] => {
    const guest = findSdkGuests().find((each) => each.name === name);
    if (guest === undefined || !('path' in guest)) return [];
    const entry = { settings: { label: 'team', services: [] }, timeoutEvalSeconds: 10, ...READS(NAMESPACE) };
    return [[name, { mode, bytes: () => readFileSync(guest.path), entry }]];
  };
  return new Map<string, Source>([
    ...sdk('rust-sdk', 'kubewarden-wapc'),
    ...sdk('go-sdk', 'wasi'),
    [
      'labelled',
      {
        mode: 'opa',
        bytes: () => compileRego('labelled', 'labelled/main'),
        entry: { settings: { team: 'red' }, timeoutEvalSeconds: 10, ...READS(NAMESPACE) },
      },
    ],
    [
      'unique',
      {
        mode: 'gatekeeper',
        bytes: () => compileRego('unique', 'unique/violation'),
        entry: { timeoutEvalSeconds: 10, ...READS(['networking.k8s.io/v1', 'Ingress']) },
      },
    ],
  ]);
}

/** Writes the modules and `policies.yml` into a folder; returns the latter's path. */
export function writePolicyFiles(folder: string): string {
  const entries = [...contextAwarePolicies()].map(([name, { mode, bytes, entry }]) => {
    const file = join(folder, `${name}.wasm`);
    writeFileSync(file, writeMetadata(bytes(), metadataOf(mode)));
    return [name, { module: `file://${file}`, ...entry }] as const;
  });
  const path = join(folder, 'policies.yml');
  writeFileSync(path, JSON.stringify(Object.fromEntries(entries)));
  return path;
}

function metadataOf(executionMode: ExecutionMode): Parameters<typeof writeMetadata>[1] {
  return {
    protocolVersion: 'v1',
    rules: [],
    mutating: false,
    backgroundAudit: true,
    executionMode,
    policyType: 'kubernetes',
    contextAwareResources: [],
  };
}

function compileRego(policy: string, entrypoint: string): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'ostiary-e2e-rego-'));
  try {
    const bundle = join(folder, 'bundle.tar.gz');
    const args = ['build', '-t', 'wasm', '-e', entrypoint, '-o', bundle, '.'];
    execFileSync(ensureOpa(), args, { cwd: join(REGO, policy), stdio: 'pipe' });
    execFileSync('tar', ['-xzf', bundle, '/policy.wasm'], { cwd: folder, stdio: 'pipe' });
    return readFileSync(join(folder, 'policy.wasm'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
