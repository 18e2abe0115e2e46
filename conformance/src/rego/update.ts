/**
 * Asks OPA for the answers of all calls and keeps them: `node conformance/src/rego/update.ts <path of opa>`. The program
 * is built from `e2e/opa`. What it answers goes to `packages/sandbox/src/rego/testing/opa.json`.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { builtinCases } from './cases.ts';

/** A call as it is kept: its arguments, and the value, null when there is none, or `false` for an error. */
type Kept = [args: readonly string[], value: string | null | false];

const TARGET = fileURLToPath(new URL('../../../packages/sandbox/src/rego/testing/opa.json', import.meta.url));

const [program = 'opa'] = process.argv.slice(2);
const cases = builtinCases();
const input = cases.map((call) => `${JSON.stringify(call)}\n`).join('');
const { status, stdout, stderr } = spawnSync(program, ['oracle'], { input, encoding: 'utf8', maxBuffer: 1 << 28 });
if (status !== 0) throw new Error(`${program} oracle ended with ${status}: ${stderr}`);

const byName = new Map<string, Kept[]>();
for (const [index, line] of stdout.trimEnd().split('\n').entries()) {
  const answer = JSON.parse(line) as { value?: string; error?: string };
  const call = cases[index];
  if (!call || answer.error?.startsWith('oracle:')) throw new Error(`${JSON.stringify(call)}: ${answer.error}`);
  const value = answer.error === undefined ? (answer.value ?? null) : false;
  byName.set(call.name, [...(byName.get(call.name) ?? []), [call.args, value]]);
}
const sections = [...byName].map(([name, calls]) => {
  const lines = calls.map((call) => `  ${JSON.stringify(call)}`).join(',\n');
  return `${JSON.stringify(name)}: [\n${lines}\n]`;
});
writeFileSync(TARGET, `{\n${sections.join(',\n')}\n}\n`);
process.stdout.write(`${cases.length} calls of ${byName.size} builtins\n`);
