import { SNAPSHOT_EXPORTS } from '@ostiary/wasm';
import { hasSnapshot, type Live } from './live.ts';
import { describe, isSame, type Outcome } from './outcome.ts';
import type { Command } from './script.ts';
import { differenceOf, keepState, stateOf, type Keeper } from './state.ts';
import { newWorld, runCommand, targetOf, type World } from './world.ts';

/** What came of running a command, putting the state back, and running it again. */
export interface Repeated {
  readonly outcome: Outcome;
  /** Another one when the old one was spent. */
  readonly world: World;
  readonly verdict: 'unchecked' | 'restored' | 'spent';
  /** What must not be, in words. */
  readonly faults: readonly string[];
}

const KEEPERS: Readonly<Record<'before' | 'after', Keeper>> = { before: [], after: [] };

/**
 * Runs a command of a script; where it calls an instance that has a snapshot of its own, the state is saved before, put
 * back and compared, and the command is run once more, to the same end. An instance that is spent can't go on: the script
 * is run again up to here.
 */
export function runRepeatedly(world: World, place: number): Repeated {
  const command = world.script.commands[place]!;
  const live = 'action' in command && command.action.kind === 'invoke' ? targetOf(world, command.action) : undefined;
  if (!live || live.linked || !hasSnapshot(live)) {
    return { outcome: runCommand(world, command), world, verdict: 'unchecked', faults: [] };
  }
  call(live, SNAPSHOT_EXPORTS.save);
  const before = keepState(stateOf(live), KEEPERS.before);
  const outcome = runCommand(world, command);
  const after = keepState(stateOf(live), KEEPERS.after);
  if (call(live, SNAPSHOT_EXPORTS.restore) === 1) {
    return { outcome, world: replay(world, place), verdict: 'spent', faults: [] };
  }
  const lost = differenceOf(before, stateOf(live));
  const again = runCommand(world, command);
  const drift = differenceOf(after, stateOf(live));
  const faults = [
    ...(lost === undefined ? [] : [`restore does not put all back: ${lost}`]),
    ...(isSame(outcome, again, command) ? [] : [`${describe(outcome)}, and after a restore ${describe(again)}`]),
    ...(drift === undefined ? [] : [`after a restore the same call leaves another state: ${drift}`]),
  ];
  return { outcome, world, verdict: 'restored', faults };
}

function call({ exports }: Live, name: string): unknown {
  return (exports[name] as () => unknown)();
}

/** A world in which the commands up to this one have run, once each. */
function replay({ script, variant, prepared }: World, place: number): World {
  const world = newWorld(script, variant, prepared);
  for (const command of script.commands.slice(firstNeeded(script.commands, place), place + 1)) {
    if (command.kind !== 'assert_invalid' && command.kind !== 'assert_malformed') runCommand(world, command);
  }
  return world;
}

/** Where the latest module starts, for scripts whose modules have nothing to do with each other; else the beginning. */
function firstNeeded(commands: readonly Command[], place: number): number {
  const alone = commands.every(
    (command) => command.kind !== 'register' && command.kind !== 'instance' && !isNamed(command),
  );
  return alone ? commands.findLastIndex(({ kind }, index) => index <= place && kind === 'module') : 0;
}

function isNamed(command: Command): boolean {
  return command.kind === 'module' && command.id !== null;
}
