import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { compileGuest, createGuest, type Guest, type Outcome } from '@ostiary/sandbox';
import { RECIPES, type ToolchainName } from './build/recipes.ts';
import { modulePath, whyNotBuilt } from './build/state.ts';
import { tickingControl } from './node-control.ts';
import { callText, LIMITS, outputText } from './sandbox-host.ts';

/** Room for a Go program that starts while the machine is busy. */
const TIMEOUT_MS = 1000;
const control = await tickingControl();

function commandOf(name: ToolchainName): { readonly bytes: Uint8Array } | { readonly missing: string } {
  const recipe = RECIPES.find((candidate) => candidate.name === name)!;
  const missing = whyNotBuilt(recipe);
  return missing === undefined ? { bytes: readFileSync(modulePath(recipe, 'command')) } : { missing };
}

/** What the command tells of its host. */
interface Told {
  readonly arguments: readonly string[];
  readonly calls: number;
  readonly environment: number;
  readonly length: number;
  readonly unixMs: number;
  readonly anotherReadOf: number;
}

function tell(guest: Guest, operation: string, input: string): Told {
  const outcome = callText(guest, operation, input);
  const text = outputText(outcome);
  assert.ok(text !== undefined, outcome.ok ? 'no UTF-8' : outcome.failure.message);
  return JSON.parse(text) as Told;
}

function failed(outcome: Outcome): string {
  assert.ok(!outcome.ok);
  return `${outcome.failure.code}: ${outcome.failure.message}`;
}

for (const [name, title] of [
  ['go', 'Go'],
  ['c', 'C'],
] as const) {
  const command = commandOf(name);
  for (const snapshot of ['dirty-map', 'globals', 'none'] as const) {
    const options = 'missing' in command ? { skip: command.missing } : {};
    suite(`a command in ${title}, state put back by ${snapshot}`, options, () => {
      if ('missing' in command) return;
      const operations = ['validate', 'validate-settings'];
      const { memoryBytes, outputBytes } = LIMITS;
      const image = compileGuest(command.bytes, { abi: 'wasi-command', operations, memoryBytes, snapshot });
      const guest = createGuest(image, { control, timeoutMs: TIMEOUT_MS, outputBytes });

      test('goes on at its first read of stdin if it is a Go command and there is a snapshot', () => {
        assert.equal(image.resumable, name === 'go' && snapshot !== 'none');
      });

      test('sees its operation, no environment, its input once, and the time', () => {
        for (const operation of [...operations, ...operations]) {
          const told = tell(guest, operation, 'hello');
          assert.deepEqual(told.arguments, ['policy.wasm', operation]);
          assert.equal(told.environment, 0);
          assert.equal(told.length, 5);
          assert.equal(told.anotherReadOf, 0);
          assert.ok(Math.abs(told.unixMs - Date.now()) < 2000);
        }
      });

      test('an exit with 0 is a normal end, any other a failure that names the code', () => {
        assert.equal(outputText(callText(guest, 'validate', 'exit 0')), '');
        assert.equal(failed(callText(guest, 'validate', 'exit 7')), 'exit: exited with code 7');
        assert.equal(tell(guest, 'validate', 'x').calls, 1);
      });

      test('what it wrote to stderr is kept', () => {
        const outcome = callText(guest, 'validate', 'exit 1');
        assert.equal(!outcome.ok && outcome.failure.stderr, 'exiting\n');
      });

      test('is stopped at its limit, and the next call is clean', () => {
        assert.equal(
          failed(callText(guest, 'validate', 'spin')),
          `deadline: gave no answer within its limit of ${TIMEOUT_MS} ms`,
        );
        assert.equal(tell(guest, 'validate', 'x').calls, 1);
      });

      test('nothing of a call is left in the next, whatever it did', () => {
        for (const input of ['panic', 'grow', 'exit 3', 'x'.repeat(200_000), 'panic', 'grow', '']) {
          callText(guest, 'validate', input);
          const told = tell(guest, 'validate', 'abc');
          assert.deepEqual([told.calls, told.length], [1, 3], input.slice(0, 10));
        }
      });
    });
  }
}
