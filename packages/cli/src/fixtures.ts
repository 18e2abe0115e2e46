import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeMetadata, type PolicyMetadata } from '@ostiary/registry';
import { startTestRegistry, type TestRegistry, type TestRegistryOptions } from '@ostiary/registry/testing';
import type { CommandSurroundings, ProgramName } from './context.ts';
import { main } from './main.ts';

/** How a command line ended. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A user with a home of their own and, perhaps, a registry that speaks plain HTTP. */
export interface Desk {
  readonly folder: string;
  readonly registry: TestRegistry;
  /** Runs a command line in the folder. */
  run(...args: readonly string[]): Promise<Ran>;
  /** As `run`, under kwctl's name or in another environment. */
  runAs(program: ProgramName, env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Ran>;
  /** Writes a file in the folder; returns its path. */
  file(name: string, content: string | Uint8Array): Promise<string>;
  close(): Promise<void>;
}

export async function openDesk(options: TestRegistryOptions = {}): Promise<Desk> {
  const folder = await mkdtemp(join(tmpdir(), 'ostiary-cli-'));
  const registry = await startTestRegistry(options);
  const config = join(folder, '.config', 'kubewarden');
  await mkdir(config, { recursive: true });
  await writeFile(join(config, 'sources.yaml'), JSON.stringify({ insecure_sources: [registry.host] }));
  const env = { HOME: folder, PATH: process.env['PATH'] ?? '' };
  const runAs = async (program: ProgramName, extra: Readonly<Record<string, string>>, ...args: readonly string[]) => {
    const streams = { stdout: '', stderr: '' };
    const surroundings: CommandSurroundings = {
      program,
      env: { ...env, ...extra },
      cwd: folder,
      stdout: { write: (text) => (streams.stdout += text) },
      stderr: { write: (text) => (streams.stderr += text) },
    };
    const code = await main(args, surroundings);
    return { code, ...streams };
  };
  return {
    folder,
    registry,
    runAs,
    run: (...args) => runAs('ostiary', {}, ...args),
    async file(name, content) {
      await writeFile(join(folder, name), content);
      return join(folder, name);
    },
    async close() {
      await registry.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** A module that does nothing, and differs by its number. */
export function emptyModule(number = 0): Uint8Array {
  // A custom section of three bytes: the name "n" and the number.
  return Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 0, 3, 1, 0x6e, number]);
}

export const METADATA: PolicyMetadata = {
  rules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE'] }],
  annotations: {
    'io.kubewarden.policy.title': 'no-latest',
    'io.kubewarden.policy.version': '0.1.0',
    'io.kubewarden.policy.source': 'https://github.com/example/no-latest',
    'io.kubewarden.policy.usage': 'Two\nlines.',
    'io.kubewarden.policy.severity': 'high',
  },
  mutating: false,
  backgroundAudit: true,
  executionMode: 'wasi',
  policyType: 'kubernetes',
  contextAwareResources: [],
};

/** The same with metadata. */
export function annotatedModule(number = 0, metadata: Partial<PolicyMetadata> = {}): Uint8Array {
  return writeMetadata(emptyModule(number), { ...METADATA, ...metadata });
}
