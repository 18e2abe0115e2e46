import { SNAPSHOT_EXPORTS } from '@ostiary/wasm';
import { readGlobal, type Live } from './live.ts';
import { revealedBy } from './reveal.ts';
import { describeReference } from './values.ts';

/** All that an instance remembers from call to call, as far as JavaScript sees it. */
export interface State {
  readonly memories: readonly Buffer[];
  readonly globals: readonly string[];
  /** Of each element only what it is: functions of two instances are never the same. */
  readonly tables: readonly string[];
}

const PAGE = 65_536;
/** Scripts that grow tables by more touch the first ones only. */
const MOST_ELEMENTS = 1000;

/** The state as it is now, its memories not copied; undefined for a module that can't be read. */
export function stateOf(live: Live): State | undefined {
  const { declared } = live.prepared;
  if (!declared) return undefined;
  const { memories, globals, tables } = revealedBy(declared);
  return {
    memories: memories.map((name) => guestMemory(live, name)),
    globals: globals.map(({ name, index }) => quietly(() => readGlobal(live, name, declared.globals[index]!).text)),
    tables: tables.map((name) => describeTable(live.exports[name] as unknown as AnyTable)),
  };
}

/** Where states are kept; each is used again and again, because a new buffer costs more than the copy. */
export type Keeper = Buffer[];

/** The state with its memories copied. The next state that goes to the same keeper overwrites it. */
export function keepState(state: State | undefined, keeper: Keeper): State | undefined {
  if (!state) return undefined;
  const memories = state.memories.map((bytes, index) => {
    let kept = keeper[index];
    if (!kept || kept.length < bytes.length) kept = keeper[index] = Buffer.allocUnsafe(bytes.length);
    bytes.copy(kept);
    return kept.subarray(0, bytes.length);
  });
  return { ...state, memories };
}

/** The part of the memory that the guest has: after a restore the real one may be larger, and holds zeros there. */
function guestMemory({ exports }: Live, name: string): Buffer {
  const bytes = Buffer.from((exports[name] as WebAssembly.Memory).buffer);
  const pages = exports[SNAPSHOT_EXPORTS.pages];
  return pages instanceof WebAssembly.Global ? bytes.subarray(0, (pages.value as number) * PAGE) : bytes;
}

/** Tables with 64-bit indices count in bigints. */
interface AnyTable {
  readonly length: number | bigint;
  get(index: number | bigint): unknown;
}

function describeTable(table: AnyTable): string {
  const wide = typeof table.length === 'bigint';
  const elements = Array.from({ length: Math.min(Number(table.length), MOST_ELEMENTS) }, (_, index) =>
    quietly(() => describeReference(table.get(wide ? BigInt(index) : index))),
  );
  return `${table.length}: ${elements.join()}`;
}

/** Some references can't be seen from JavaScript: reading one is a `TypeError`. */
function quietly(read: () => string): string {
  try {
    return read();
  } catch (error) {
    if (error instanceof TypeError) return 'hidden';
    throw error;
  }
}

/** What differs, or undefined when nothing does. */
export function differenceOf(one: State | undefined, other: State | undefined): string | undefined {
  if (!one || !other) return undefined;
  for (const [index, bytes] of one.memories.entries()) {
    const others = other.memories[index]!;
    if (bytes.length !== others.length) return `memory ${index} has ${bytes.length} and ${others.length} bytes`;
    if (!bytes.equals(others))
      return `memory ${index} differs at ${bytes.findIndex((byte, at) => byte !== others[at])}`;
  }
  for (const part of ['globals', 'tables'] as const) {
    const index = one[part].findIndex((text, at) => text !== other[part][at]);
    if (index >= 0) return `${part} ${index}: ${one[part][index]} and ${other[part][index]}`;
  }
  return undefined;
}
