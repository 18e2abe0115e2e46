// Policies for tests: waPC modules that answer the same to everybody, assembled from bytes.

export interface ConstantPolicy {
  /** What it answers to `validate`: JSON, never anything, or what its host answers to `kubewarden/test/answer`. */
  readonly answer: object | 'never' | 'asked';
  readonly settingsAnswer?: object;
  /** Members of the metadata in place of the usual; null for none at all. */
  readonly metadata?: object | null;
}

const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0] as const;
const I32 = 0x7f;
/** Enough for the answers of tests; both lie in the first page. */
const SETTINGS_AT = 4096;
const ANSWER_AT = 8192;
/** `validate_settings` is longer than `validate`, which is how the module tells them apart. */
const VALIDATE_LENGTH = 8;

const [ELSE, END] = [0x05, 0x0b];
/** `local.get 0`, `i32.const`, `i32.eq`, `if` */
const IF_VALIDATE = [0x20, 0, 0x41, VALIDATE_LENGTH, 0x46, 0x04, 0x40] as const;
const RETURN_ONE = [0x41, 1, 0x0b] as const;

const [CALL, DROP] = [0x10, 0x1a];
const QUESTION = 'kubewarden/test/answer';
const REPLY_AT = 16_384;
/** Functions of the host, and their types under the same number; the last type is that of `__guest_call`. */
const IMPORTS = ['__guest_response', '__host_call', '__host_response_len', '__host_response'] as const;
const TYPES = [signature(2, 0), signature(8, 1), signature(0, 1), signature(1, 0), signature(2, 1)];

export function constantPolicy({
  answer,
  settingsAnswer = { valid: true },
  metadata = {},
}: ConstantPolicy): Uint8Array {
  const judging = typeof answer === 'string' ? QUESTION : JSON.stringify(answer);
  const settings = JSON.stringify(settingsAnswer);
  const respond = (at: number, text: string): number[] => [...pair(at, bytes(text).length), CALL, 0];
  const forever = [0x03, 0x40, 0x0c, 0, 0x0b];
  const asking = [
    ...QUESTION.split('/').flatMap((part) => pair(ANSWER_AT + QUESTION.indexOf(part), part.length)),
    ...pair(ANSWER_AT, 0),
    CALL,
    1,
    DROP,
    ...constantI32(REPLY_AT),
    CALL,
    3,
    ...constantI32(REPLY_AT),
    CALL,
    2,
    CALL,
    0,
  ];
  const judge = answer === 'never' ? forever : answer === 'asked' ? asking : respond(ANSWER_AT, judging);
  const code = [...IF_VALIDATE, ...judge, ELSE, ...respond(SETTINGS_AT, settings), END, ...RETURN_ONE];
  return Uint8Array.from([
    ...HEADER,
    ...section(1, [TYPES.length, ...TYPES.flat()]),
    ...section(2, [IMPORTS.length, ...IMPORTS.flatMap((each, type) => [...name('wapc'), ...name(each), 0, type])]),
    ...section(3, [1, IMPORTS.length]),
    ...section(5, [1, 0, 1]),
    ...section(7, [2, ...name('memory'), 2, 0, ...name('__guest_call'), 0, IMPORTS.length]),
    ...section(10, [1, ...sized([0, ...code])]),
    ...section(11, [2, ...data(SETTINGS_AT, settings), ...data(ANSWER_AT, judging)]),
    ...(metadata === null ? [] : section(0, [...name('io.kubewarden.metadata'), ...bytes(metadataText(metadata))])),
  ]);
}

function signature(params: number, results: number): number[] {
  return [0x60, params, ...Array<number>(params).fill(I32), results, ...Array<number>(results).fill(I32)];
}

function constantI32(value: number): number[] {
  return [0x41, ...signed(value)];
}

function pair(pointer: number, length: number): number[] {
  return [...constantI32(pointer), ...constantI32(length)];
}

function metadataText(more: object): string {
  return JSON.stringify({ protocolVersion: 'v1', rules: [], mutating: false, ...more });
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...sized(content)];
}

function sized(content: readonly number[]): number[] {
  return [...unsigned(content.length), ...content];
}

function name(text: string): number[] {
  return sized(bytes(text));
}

function data(at: number, text: string): number[] {
  return [0, 0x41, ...signed(at), 0x0b, ...sized(bytes(text))];
}

function bytes(text: string): number[] {
  return [...new TextEncoder().encode(text)];
}

function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): number[] {
  return value < 0x40 ? [value] : [(value & 0x7f) | 0x80, ...signed(value >>> 7)];
}
