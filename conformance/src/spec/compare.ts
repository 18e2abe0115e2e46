import { describe, isExpected, isSame, type Outcome } from './outcome.ts';
import { runRepeatedly, type Repeated } from './repeat.ts';
import type { Command, Script } from './script.ts';
import { differenceOf, stateOf } from './state.ts';
import { ORIGINAL, type Variant } from './variants.ts';
import { newWorld, runCommand, type World } from './world.ts';

/** Something to be told of one line of a script. */
export interface Finding {
  readonly line: number;
  readonly variant: string;
  readonly text: string;
}

export interface Tally {
  modules: number;
  assertions: number;
  /** Assertions with the same end, and the same state behind it. */
  equal: number;
  /** Commands that need a module that is refused. */
  missing: number;
  restored: number;
  spent: number;
  /** Modules by the feature for which they are refused. */
  readonly refused: Map<string, number>;
}

export interface Comparison {
  /** What the engine itself does not do as the suite says. */
  readonly engine: readonly Finding[];
  /** What is different for a rewritten module. */
  readonly differences: readonly Finding[];
  readonly tallies: ReadonlyMap<string, Tally>;
}

/** Runs a script as it is and in each variant, side by side, command by command. */
export function compareScript(script: Script, variants: readonly Variant[]): Comparison {
  const engine: Finding[] = [];
  const differences: Finding[] = [];
  const original = newWorld(script, ORIGINAL);
  const runs = variants.map((variant) => ({ variant, world: newWorld(script, variant), tally: emptyTally() }));
  script.commands.forEach((command, place) => {
    const outcome = runCommand(original, command);
    if (!isExpected(outcome, command)) {
      engine.push({ line: command.line, variant: ORIGINAL.title, text: `${command.kind}: ${describe(outcome)}` });
    }
    for (const run of runs) {
      const repeated = runRepeatedly(run.world, place);
      run.world = repeated.world;
      const texts = [...repeated.faults, ...contrast(command, outcome, original, repeated)];
      count(run.tally, command, repeated, texts.length === 0);
      differences.push(...texts.map((text) => ({ line: command.line, variant: run.variant.title, text })));
    }
  });
  return { engine, differences, tallies: new Map(runs.map(({ variant, tally }) => [variant.title, tally])) };
}

/** How a rewritten module's outcome and state differ from the original's. */
function contrast(command: Command, expected: Outcome, original: World, { outcome, world }: Repeated): string[] {
  if (outcome.kind === 'missing') return [];
  // A module that the engine refuses may be refused for any reason, one that it takes only for a feature or a limit.
  if (outcome.kind === 'refused') return isRightlyRefused(expected, outcome.text) ? [] : [`refused: ${outcome.text}`];
  if (!isSame(expected, outcome, command)) return [`${describe(expected)} became ${describe(outcome)}`];
  const id = 'action' in command && command.action.kind !== 'instantiate' ? command.action.id : null;
  const [one, other] = [original.instances.get(id), world.instances.get(id)];
  const difference = one && other && differenceOf(stateOf(one), stateOf(other));
  return difference === undefined || difference === null ? [] : [`state: ${difference}`];
}

function isRightlyRefused(expected: Outcome, text: string): boolean {
  return expected.kind === 'invalid' || !text.startsWith('malformed');
}

function count(tally: Tally, command: Command, { outcome, verdict }: Repeated, equal: boolean): void {
  const isModule = command.kind === 'module' || command.kind === 'definition';
  if (isModule) tally.modules++;
  if (command.kind.startsWith('assert_')) tally.assertions++;
  if (outcome.kind === 'missing') tally.missing++;
  else if (outcome.kind === 'refused' && isModule) {
    tally.refused.set(featureOf(outcome.text), (tally.refused.get(featureOf(outcome.text)) ?? 0) + 1);
  } else if (equal && command.kind.startsWith('assert_')) tally.equal++;
  if (verdict !== 'unchecked') tally[verdict]++;
}

/** The message without what is particular to one module: its offset, and its sizes. */
function featureOf(text: string): string {
  const message = text.replace(/ \(at byte \d+\)$/, '');
  return message.startsWith('limit') ? message.replaceAll(/\d+(\.\d+)?/g, 'N') : message;
}

function emptyTally(): Tally {
  return { modules: 0, assertions: 0, equal: 0, missing: 0, restored: 0, spent: 0, refused: new Map() };
}
