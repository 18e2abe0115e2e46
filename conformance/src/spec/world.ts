import { HOST_MODULE } from '@ostiary/wasm';
import { instantiate, invoke, readGlobal, typeOfGlobal, type Live } from './live.ts';
import { DONE, outcomeOfCall, outcomeOfLinking, type Outcome } from './outcome.ts';
import { prepare, type Prepared, type Unprepared } from './prepare.ts';
import type { Action, Command, Script } from './script.ts';
import { spectest } from './spectest.ts';
import type { Variant } from './variants.ts';

/** A script in the middle of its run in one variant. An instance is null when its module is refused. */
export interface World {
  readonly script: Script;
  readonly variant: Variant;
  /** By the file of the module: compiled once, however often a script is run again. */
  readonly prepared: Map<string, Prepared | Unprepared>;
  readonly host: WebAssembly.ModuleImports;
  readonly definitions: Map<string | null, string>;
  readonly instances: Map<string | null, Live | null>;
  readonly registered: Map<string, Live | null>;
}

export function newWorld(script: Script, variant: Variant, prepared: World['prepared'] = new Map()): World {
  const [definitions, instances, registered] = [new Map(), new Map(), new Map()];
  return { script, variant, prepared, host: spectest(), definitions, instances, registered };
}

/** The instance that an action is about; undefined when there is none. */
export function targetOf(world: World, action: Action): Live | null | undefined {
  return action.kind === 'instantiate' ? undefined : world.instances.get(action.id);
}

/** Runs one command. Nothing is thrown, whatever it does. */
export function runCommand(world: World, command: Command): Outcome {
  switch (command.kind) {
    case 'module':
      return keep(world, command.id, instantiateFile(world, command.module));
    case 'definition':
      return define(world, command);
    case 'instance':
      return keep(world, command.id, instantiateFile(world, world.definitions.get(command.of) ?? null));
    case 'register':
      return register(world, command.as, world.instances.get(command.id));
    case 'assert_unlinkable':
      return outcomeOf(instantiateFile(world, command.module));
    case 'assert_invalid':
    case 'assert_malformed':
      return outcomeOf(prepareFile(world, command.module));
    case 'text':
    case 'unsupported':
      return DONE;
    case 'action':
    case 'assert_return':
    case 'assert_trap':
    case 'assert_exhaustion':
    case 'assert_exception':
      return perform(world, command.action);
  }
}

function define(world: World, { id, module }: Extract<Command, { kind: 'module' | 'definition' }>): Outcome {
  if (module === null) return { kind: 'error', text: 'the module has no bytes' };
  world.definitions.set(id, module).set(null, module);
  return outcomeOf(prepareFile(world, module));
}

function register({ registered }: World, as: string, live: Live | null | undefined): Outcome {
  if (live === undefined) return { kind: 'error', text: 'there is no such instance' };
  registered.set(as, live);
  return live ? DONE : { kind: 'missing' };
}

/** Makes the instance the latest one, and the one with this name. */
function keep({ instances }: World, id: string | null, result: Live | Outcome): Outcome {
  const live = isLive(result) ? result : null;
  const outcome = outcomeOf(result);
  instances.set(null, live);
  if (id !== null) instances.set(id, live);
  return outcome;
}

function perform(world: World, action: Action): Outcome {
  if (action.kind === 'instantiate') return outcomeOf(instantiateFile(world, action.module));
  const live = targetOf(world, action);
  if (live === null) return { kind: 'missing' };
  if (live === undefined) return { kind: 'error', text: 'there is no such instance' };
  try {
    if (action.kind === 'invoke') return { kind: 'values', values: invoke(live, action.name, action.arguments) };
    const type = typeOfGlobal(live, action.name);
    if (!type) return { kind: 'error', text: `no global ${action.name} is exported` };
    return { kind: 'values', values: [readGlobal(live, action.name, type)] };
  } catch (error) {
    return outcomeOfCall(error);
  }
}

function prepareFile({ script, variant, prepared }: World, file: string): Prepared | Unprepared {
  const known = prepared.get(file);
  if (known) return known;
  const result = prepare(script.readModule(file), variant);
  prepared.set(file, result);
  return result;
}

function instantiateFile(world: World, file: string | null): Live | Outcome {
  if (file === null) return { kind: 'error', text: 'the module has no bytes' };
  const prepared = prepareFile(world, file);
  if (!('compiled' in prepared)) return outcomeOf(prepared);
  const misfit = misfitOf(world, prepared);
  if (misfit !== undefined) return { kind: 'refused', text: misfit };
  const from = new Set(WebAssembly.Module.imports(prepared.compiled).map(({ module }) => module));
  const providers = [...from].map((name) => world.registered.get(name));
  if (providers.includes(null)) return { kind: 'missing' };
  const imports: WebAssembly.Imports = { spectest: world.host };
  for (const [name, live] of world.registered) if (live) imports[name] = live.exports;
  // The instance shares its state even when it fails: segments are written before.
  for (const provider of providers) if (provider) provider.linked = true;
  try {
    const live = instantiate(prepared, imports);
    live.linked = providers.some((provider) => provider !== undefined);
    return live;
  } catch (error) {
    return outcomeOfLinking(error);
  }
}

/**
 * A host gives a rewritten module a memory with the limits that it asks for; with a snapshot the module counts its pages
 * from there. Scripts import memories that are larger: that breaks the contract, not the module.
 */
function misfitOf(world: World, { rewritten }: Prepared): string | undefined {
  const { memory } = rewritten ?? {};
  if (!memory || memory.module === HOST_MODULE || world.variant.options?.snapshot === 'none') return undefined;
  const provider = memory.module === 'spectest' ? world.host : world.registered.get(memory.module)?.exports;
  const given = provider?.[memory.name];
  const misfit = given instanceof WebAssembly.Memory && given.buffer.byteLength > memory.limits.initial * 65_536;
  return misfit ? 'host: an imported memory that is larger than declared, with a snapshot' : undefined;
}

function isLive(result: object): result is Live {
  return 'exports' in result;
}

function outcomeOf(result: Live | Outcome | Prepared | Unprepared): Outcome {
  if ('kind' in result) return result;
  if ('refused' in result) return { kind: 'refused', text: `${result.refused.code}: ${result.refused.message}` };
  if ('invalid' in result) return { kind: 'invalid', text: '' };
  return 'broken' in result ? { kind: 'error', text: result.broken } : DONE;
}
