import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { constantPolicy, endlessPolicy } from '@ostiary/conformance/node';

/** What the mutating policy makes of the ConfigMap that is called so. */
export const MUTATED = 'mutated';

const yes = { accepted: true };
const no = { accepted: false, message: 'the policy says no' };
const changed = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: MUTATED, namespace: 'default', labels: { policy: 'mutates' } },
  data: { added: 'by the policy' },
};

/** The modules of these tests by file name; what they answer is fixed. */
const MODULES: Readonly<Record<string, () => Uint8Array>> = {
  yes: () => constantPolicy({ answer: JSON.stringify(yes) }),
  no: () => constantPolicy({ answer: JSON.stringify(no) }),
  warns: () => constantPolicy({ answer: JSON.stringify({ ...no, warnings: ['be careful'] }) }),
  mutates: () => constantPolicy({ answer: JSON.stringify({ ...yes, mutated_object: changed }) }),
  endless: () => endlessPolicy(),
};

export type ModuleName = 'yes' | 'no' | 'warns' | 'mutates' | 'endless';

/** Writes them into a folder; returns the URL of each. */
export async function writeModules(dir: string): Promise<(name: ModuleName) => string> {
  for (const [name, module] of Object.entries(MODULES)) await writeFile(join(dir, `${name}.wasm`), module());
  return (name) => `file://${join(dir, `${name}.wasm`)}`;
}

/** The module itself, to be pushed somewhere. */
export function moduleOf(name: ModuleName): Uint8Array {
  return MODULES[name]?.() ?? new Uint8Array();
}
