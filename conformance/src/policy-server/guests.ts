import { assemble, type ImportText, type ValueType } from '../assemble/index.ts';

// waPC policies of a few hundred bytes. What they answer is known byte for byte, whichever server runs them.

const I32: ValueType = 'i32';
const HOST_FUNCTIONS: readonly ImportText[] = ['__guest_request', '__guest_response', '__guest_error'].map((name) => ({
  module: 'wapc',
  name,
  function: { params: [I32, I32], results: [] },
}));

/** Where a module keeps what it answers, and what it is asked. */
const SETTINGS_AT = 1024;
const ANSWER_AT = 8192;
const OPERATION_AT = 60_000;
const PAYLOAD_AT = 65_536;
/** The answer of the echo: the frame, then the payload in hexadecimal. */
const ECHO_AT = 8 * 65_536;
const ECHO_HEAD = '{"accepted":false,"message":"';
const ECHO_TAIL = '"}';
/** `validate`; the other operation, `validate_settings`, is longer. */
const VALIDATE_LENGTH = 8;

export interface PolicyText {
  /** What it answers to `validate`. */
  readonly answer: string;
  /** What it answers to `validate_settings`. */
  readonly settingsAnswer?: string;
  /** Members of the metadata in place of the usual; null for no metadata at all. */
  readonly metadata?: object | null;
}

/** A policy that answers the same to everybody. */
export function constant({ answer, settingsAnswer, metadata }: PolicyText): Uint8Array {
  const length = Buffer.byteLength(answer);
  const body = `i32.const ${ANSWER_AT} i32.const ${length} call $__guest_response`;
  return policy(body, [{ offset: ANSWER_AT, text: answer }], settingsAnswer, metadata);
}

/** A policy that never comes to an end. */
export function endless(): Uint8Array {
  return policy('loop br 0 end', []);
}

/** A policy that answers with an error of its own. */
export function erring(text: string): Uint8Array {
  const body = `i32.const ${ANSWER_AT} i32.const ${text.length} call $__guest_error i32.const 0 return`;
  return policy(body, [{ offset: ANSWER_AT, text }]);
}

/** A policy that traps. */
export function trapping(): Uint8Array {
  return policy('unreachable', []);
}

/** A policy that rejects everything; its message is what it was asked, in hexadecimal. */
export function echo(): Uint8Array {
  const body = `i32.const ${OPERATION_AT} i32.const ${PAYLOAD_AT} call $__guest_request ${HEX_ANSWER}`;
  return policy(body, HEX_TEXTS);
}

/** One call of the host. */
export interface Question {
  readonly binding?: string;
  readonly namespace: string;
  readonly operation: string;
  readonly payload: string;
}

/**
 * A policy that asks its host once. What it is refused is its own error; what it is told is its message, in hexadecimal,
 * and it rejects then as well.
 */
export function asking({ binding = 'kubewarden', namespace, operation, payload }: Question): Uint8Array {
  const texts = [binding, namespace, operation, payload];
  const lengths = texts.map((text) => Buffer.byteLength(text));
  const at = (index: number): number => QUESTION_AT + lengths.slice(0, index).reduce((sum, length) => sum + length, 0);
  const pushed = lengths.map((length, index) => `i32.const ${at(index)} i32.const ${length}`).join(' ');
  const body = `
    ${pushed} call $__host_call i32.eqz if
      i32.const ${PAYLOAD_AT} call $__host_error
      i32.const ${PAYLOAD_AT} call $__host_error_len call $__guest_error i32.const 0 return
    end
    i32.const ${PAYLOAD_AT} call $__host_response
    call $__host_response_len local.set $payload
    ${HEX_ANSWER}`;
  return policy(body, [{ offset: QUESTION_AT, text: texts.join('') }, ...HEX_TEXTS], undefined, {}, ASKING_FUNCTIONS);
}

const QUESTION_AT = 10_000;
const ASKING_FUNCTIONS: readonly ImportText[] = [
  ...HOST_FUNCTIONS,
  ...Object.entries({ __host_call: 8, __host_response_len: 0, __host_error_len: 0 }).map(([name, params]) => ({
    module: 'wapc',
    name,
    function: { params: Array<ValueType>(params).fill(I32), results: [I32] },
  })),
  ...['__host_response', '__host_error'].map((name) => ({
    module: 'wapc',
    name,
    function: { params: [I32], results: [] },
  })),
];

const HEAD_AT = 9000;
const TAIL_AT = 9100;
const DIGITS_AT = 9200;
const HEX_TEXTS = [
  { offset: HEAD_AT, text: ECHO_HEAD },
  { offset: TAIL_AT, text: ECHO_TAIL },
  { offset: DIGITS_AT, text: '0123456789abcdef' },
];

const digit = (shift: number): string =>
  `local.get $to local.get $from i32.load8_u i32.const ${shift} i32.div_u i32.const 16 i32.rem_u i32.const ${DIGITS_AT} i32.add i32.load8_u`;

/** Answers with the `$payload` bytes at PAYLOAD_AT. */
const HEX_ANSWER = `
  i32.const ${ECHO_AT} i32.const ${HEAD_AT} i32.const ${ECHO_HEAD.length} memory.copy
  i32.const ${PAYLOAD_AT} local.set $from
  i32.const ${ECHO_AT + ECHO_HEAD.length} local.set $to
  block loop
    local.get $from i32.const ${PAYLOAD_AT} local.get $payload i32.add i32.ge_u br_if 1
    ${digit(16)} i32.store8
    local.get $to i32.const 1 i32.add local.set $to
    ${digit(1)} i32.store8
    local.get $to i32.const 1 i32.add local.set $to
    local.get $from i32.const 1 i32.add local.set $from
    br 0
  end end
  local.get $to i32.const ${TAIL_AT} i32.const ${ECHO_TAIL.length} memory.copy
  i32.const ${ECHO_AT} local.get $to i32.const ${ECHO_AT - ECHO_TAIL.length} i32.sub call $__guest_response`;

function policy(
  judge: string,
  data: readonly { readonly offset: number; readonly text: string }[],
  settingsAnswer = '{"valid":true}',
  metadata: object | null = {},
  imports: readonly ImportText[] = HOST_FUNCTIONS,
): Uint8Array {
  const answerSettings = `i32.const ${SETTINGS_AT} i32.const ${Buffer.byteLength(settingsAnswer)} call $__guest_response`;
  const module = assemble({
    imports,
    memories: [{ min: 16 }],
    memoryExport: 'memory',
    data: [{ offset: SETTINGS_AT, text: settingsAnswer }, ...data],
    functions: [
      {
        name: 'call',
        export: '__guest_call',
        params: { operation: I32, payload: I32 },
        locals: { from: I32, to: I32 },
        results: [I32],
        body: `local.get $operation i32.const ${VALIDATE_LENGTH} i32.eq if ${judge} else ${answerSettings} end i32.const 1`,
      },
    ],
  });
  return metadata === null ? module : withMetadata(module, { ...USUAL, ...metadata });
}

const USUAL = { protocolVersion: 'v1', rules: [], mutating: false, contextAwareResources: [], annotations: {} };
const SECTION = 'io.kubewarden.metadata';

/** The module with its metadata in a section at its end, as an annotating tool puts it there. */
export function withMetadata(module: Uint8Array, metadata: object): Uint8Array {
  const content = Buffer.concat([
    Buffer.from([SECTION.length]),
    Buffer.from(SECTION),
    Buffer.from(JSON.stringify(metadata)),
  ]);
  return Buffer.concat([module, Buffer.from([0, ...unsigned(content.length)]), content]);
}

function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}
