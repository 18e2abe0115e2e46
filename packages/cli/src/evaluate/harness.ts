import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { ProgramName } from '../context.ts';
import { main } from '../main.ts';

/** How a command came out. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder of its own, in which commands are run. */
export interface Bench {
  readonly folder: string;
  readonly write: (name: string, content: string | Uint8Array | object) => Promise<string>;
  readonly run: (args: readonly string[], options?: RunOptions) => Promise<Ran>;
}

export interface RunOptions {
  readonly program?: ProgramName;
  readonly stdin?: string;
  readonly terminal?: boolean;
}

/** Runs commands in this process, in a folder that goes away with the test. */
export async function bench(t: TestContext): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), 'ostiary-cli-'));
  t.after(() => rm(folder, { recursive: true }));
  const env = { HOME: folder, XDG_CONFIG_HOME: join(folder, 'config'), XDG_CACHE_HOME: join(folder, 'cache') };
  return {
    folder,
    async write(name, content) {
      const isPlain = typeof content === 'string' || content instanceof Uint8Array;
      await writeFile(join(folder, name), isPlain ? content : JSON.stringify(content));
      return name;
    },
    async run(args, { program = 'ostiary', stdin = '', terminal = false } = {}) {
      const texts = { stdout: '', stderr: '' };
      const sink = (name: 'stdout' | 'stderr') => ({
        write: (text: string) => void (texts[name] += text),
        isTTY: terminal,
        columns: 80,
      });
      const code = await main(args, {
        program,
        env,
        cwd: folder,
        stdout: sink('stdout'),
        stderr: sink('stderr'),
        readStdin: async () => new TextEncoder().encode(stdin),
      });
      return { code, ...texts };
    },
  };
}

/** A request to create a Pod, whole. */
export const POD_REQUEST = {
  uid: '1299d386-525b-4032-98ae-1949f69f9cfc',
  kind: { group: '', version: 'v1', kind: 'Pod' },
  resource: { group: '', version: 'v1', resource: 'pods' },
  name: 'nginx',
  namespace: 'default',
  operation: 'CREATE',
  userInfo: { username: 'kubernetes-admin', groups: ['system:masters'] },
  object: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'nginx' }, spec: { containers: [] } },
};
