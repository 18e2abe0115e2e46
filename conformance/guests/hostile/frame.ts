import {
  assemble,
  type FunctionText,
  type ImportText,
  type ModuleText,
  type ValueType,
} from '../../src/assemble/index.ts';

/** The input on which a hostile guest behaves; on any other it attacks. */
export const CALM_INPUT = '{}';

/** What a guest answers when it behaves, and state from no other call is in sight. */
export const CLEAN_ANSWER = '{"response":{"calls":"11","code":"00"}}';

/** What a guest answers after an attack that failed: `code` is what the attack got, 0 to 99. */
export function answerWithCode(code: number): string {
  return CLEAN_ANSWER.replace('"00"', `"${String(code).padStart(2, '0')}"`);
}

/** Where things lie in the guests' memory. Attacks may use everything from 4,096 on. */
const INPUT = 64;
const CALLS = 1024;
const ANSWER = 2048;
const CALL_DIGITS = ANSWER + CLEAN_ANSWER.indexOf('11');
const CODE_DIGITS = ANSWER + CLEAN_ANSWER.indexOf('00');
export const SCRATCH = 4096;
/** The iovec at {@link INPUT_IOVEC} covers the input, that at {@link ANSWER_IOVEC} the answer. */
const INPUT_IOVEC = 0;
const ANSWER_IOVEC = 16;
const COUNT = 32;

const I32: ValueType = 'i32';
const I64: ValueType = 'i64';

/** The functions that the frame and the attacks use. */
const WASI: readonly ImportText[] = Object.entries({
  fd_read: [I32, I32, I32, I32],
  fd_write: [I32, I32, I32, I32],
  random_get: [I32, I32],
  clock_time_get: [I32, I64, I32],
  poll_oneoff: [I32, I32, I32, I32],
  args_sizes_get: [I32, I32],
  fd_fdstat_get: [I32, I32],
  sched_yield: [],
}).map(([name, params]) => ({ module: 'wasi_snapshot_preview1', name, function: { params, results: [I32] } }));

const PROC_EXIT: ImportText = { module: 'wasi_snapshot_preview1', name: 'proc_exit', function: { params: [I32] } };

/** How a guest attacks, and what is unusual about its module. */
export interface Hostile extends Omit<ModuleText, 'functions'> {
  /** Instructions that leave an i32, the code to answer with, unless they don't come that far. */
  readonly attack: string;
  readonly locals?: Readonly<Record<string, ValueType>>;
  /** Functions that the attack calls. */
  readonly functions?: readonly FunctionText[];
}

/**
 * Builds a guest with the export `validate` that counts its calls in a global and in memory, attacks unless its input
 * is {@link CALM_INPUT}, and then, or when the attack comes to an end, answers with both counts: an answer
 * with any other count than one shows state that was left by another call.
 */
export function hostileGuest({ attack, locals = {}, functions = [], ...rest }: Hostile): Uint8Array<ArrayBuffer> {
  return assemble({
    memories: [{ min: 1 }],
    memoryExport: 'memory',
    ...rest,
    imports: [...WASI, PROC_EXIT, ...(rest.imports ?? [])],
    globals: { ...rest.globals, calls: { type: 'i32', init: 'i32.const 0' } },
    functions: [
      { name: 'validate', export: 'validate', locals: { code: 'i32' }, body: VALIDATE },
      { name: 'attack', results: ['i32'], locals, body: attack },
      ...functions,
    ],
    data: [
      { offset: INPUT_IOVEC, text: `${word(INPUT)}${word(16)}` },
      { offset: ANSWER_IOVEC, text: `${word(ANSWER)}${word(CLEAN_ANSWER.length)}` },
      { offset: ANSWER, text: CLEAN_ANSWER },
      ...(rest.data ?? []),
    ],
  });
}

const VALIDATE = `
  i32.const ${CALLS}  i32.const ${CALLS} i32.load  i32.const 1 i32.add  i32.store
  global.get $calls  i32.const 1 i32.add  global.set $calls
  i32.const 0  i32.const ${INPUT_IOVEC}  i32.const 1  i32.const ${COUNT}  call $fd_read  drop
  i32.const ${COUNT} i32.load  i32.const ${CALM_INPUT.length}  i32.ne
  if  call $attack  local.set $code  end
  i32.const ${CALL_DIGITS}  i32.const ${CALLS} i32.load  i32.const 48 i32.add  i32.store8
  i32.const ${CALL_DIGITS + 1}  global.get $calls  i32.const 48 i32.add  i32.store8
  i32.const ${CODE_DIGITS}  local.get $code  i32.const 10 i32.div_u  i32.const 48 i32.add  i32.store8
  i32.const ${CODE_DIGITS + 1}  local.get $code  i32.const 10 i32.rem_u  i32.const 48 i32.add  i32.store8
  i32.const 1  i32.const ${ANSWER_IOVEC}  i32.const 1  i32.const ${COUNT}  call $fd_write  drop
`;

/** A little-endian i32 below 2^15 whose bytes are ASCII, as text for a data segment. */
function word(value: number): string {
  return String.fromCharCode(value & 0xff, value >> 8, 0, 0);
}
