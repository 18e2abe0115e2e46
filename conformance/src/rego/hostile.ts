import type { FailureCode, SandboxErrorCode } from '@ostiary/sandbox';
import { assemble, type FunctionText, type ValueType } from '../assemble/index.ts';

/** The input on which a guest behaves. */
export const CALM_INPUT = '{}';
/** What it answers then. */
export const CALM_ANSWER = '[{"result":"yes"}]';

/** What must come of a module written by hand that only pretends to be compiled from Rego. */
export type RegoExpected =
  /** It is refused when it is loaded. */
  | { readonly refused: SandboxErrorCode; readonly says: RegExp }
  /** It can't be started. */
  | { readonly always: FailureCode; readonly says: RegExp }
  /** The attack fails, and a call before and after it is clean. */
  | { readonly failure: FailureCode; readonly says: RegExp }
  | { readonly output: string };

export interface RegoCase {
  readonly name: string;
  readonly module: Uint8Array<ArrayBuffer>;
  readonly expected: RegoExpected;
}

const I32: ValueType = 'i32';
/** Behind the largest memory that the guests may have. */
const OUTSIDE = 0x7000_0000;

/** Where the texts lie that stand for values: in these modules a value is the address of its text. */
const TEXTS = {
  none: [1024, '{}'],
  entrypoints: [1040, '{"e":0}'],
  answer: [1088, CALM_ANSWER],
  trace: [1200, '{"trace":7}'],
  text: [1240, '"text"'],
  garbage: [1280, '{{{'],
  list: [1300, '[1]'],
  send: [1320, '{"http.send":1,"opa.runtime":2,"trace":3}'],
  late: [1400, '{"e":5}'],
  deep: [1500, '['.repeat(1100)],
  split: [2700, '{"regex.split":7}'],
  noJson: [2760, 'no JSON at all'],
} as const satisfies Readonly<Record<string, readonly [number, string]>>;

const at = (name: keyof typeof TEXTS): string => `i32.const ${TEXTS[name][0]}`;

/** Parameters, results and an honest body of each export. The input starts at 4096, its first byte tells an attack. */
const HONEST: Readonly<Record<string, readonly [params: number, results: number, body: string]>> = {
  eval: [1, 1, 'i32.const 0'],
  builtins: [0, 1, at('none')],
  entrypoints: [0, 1, at('entrypoints')],
  opa_malloc: [1, 1, 'i32.const 4096'],
  opa_json_parse: [2, 1, 'local.get $p0'],
  opa_json_dump: [1, 1, 'local.get $p0'],
  opa_value_parse: [2, 1, 'local.get $p0'],
  opa_value_dump: [1, 1, 'local.get $p0'],
  opa_eval_ctx_new: [0, 1, 'i32.const 8'],
  opa_eval_ctx_set_input: [2, 0, ''],
  opa_eval_ctx_set_data: [2, 0, ''],
  opa_eval_ctx_set_entrypoint: [2, 0, ''],
  opa_eval_ctx_get_result: [1, 1, at('answer')],
};

/** `a` of `attack`, not the brace of a calm input. */
const IS_ATTACK = 'i32.const 4096 i32.load8_u i32.const 97 i32.eq';

type Bodies = Readonly<Record<string, string>>;

function makeModule(bodies: Bodies, omit?: string, extraImport?: string, pages = 4): Uint8Array<ArrayBuffer> {
  const functions = Object.entries(HONEST)
    .filter(([name]) => name !== omit)
    .map(([name, [params, results, body]]): FunctionText => {
      const parameters = Array.from({ length: params }, (_, index) => [`p${index}`, I32] as const);
      const result = Array<ValueType>(results).fill(I32);
      return {
        name,
        export: name,
        params: Object.fromEntries(parameters),
        results: result,
        body: bodies[name] ?? body,
      };
    });
  const host = (name: string, params: number, results: number) => ({
    module: 'env',
    name,
    function: { params: Array<ValueType>(params).fill(I32), results: Array<ValueType>(results).fill(I32) },
  });
  return assemble({
    imports: [
      { module: 'env', name: 'memory', memory: { min: pages } },
      host('opa_abort', 1, 0),
      host('opa_println', 1, 0),
      host('opa_builtin1', 3, 1),
      host('opa_builtin2', 4, 1),
      ...(extraImport === undefined ? [] : [host(extraImport, 1, 0)]),
    ],
    functions,
    data: Object.values(TEXTS).map(([offset, text]) => ({ offset, text: `${text}\0` })),
  });
}

/** A guest whose evaluation does this when it is attacked. */
function attack(body: string, others: Bodies = {}): Uint8Array<ArrayBuffer> {
  return makeModule({ eval: `${IS_ATTACK} if ${body} end i32.const 0`, ...others });
}

/** A guest whose result is at another place when it is attacked. */
function answers(place: string): Uint8Array<ArrayBuffer> {
  return makeModule({ opa_eval_ctx_get_result: `${IS_ATTACK} if ${place} return end ${at('answer')}` });
}

const callTrace = (argument: string): string => `i32.const 7 i32.const 0 ${argument} call $opa_builtin1 drop`;
const withTrace = { builtins: at('trace') };
/** From the scratch space to the end of the fourth page. */
const FILL = 'i32.const 8192 i32.const 1 i32.const 253952 memory.fill';

const MODULES: Readonly<Record<string, readonly [Uint8Array<ArrayBuffer>, RegoExpected]>> = {
  'has no eval': [makeModule({}, 'eval'), { refused: 'missing-export', says: /'eval'/ }],
  'imports what nobody offers': [
    makeModule({}, undefined, 'system'),
    { refused: 'unknown-import', says: /env\.system/ },
  ],
  'starts with too much memory': [
    makeModule({}, undefined, undefined, 60_000),
    { refused: 'memory-limit', says: /pages/ },
  ],
  'wants builtins that need the network': [
    makeModule({ builtins: at('send') }),
    { always: 'missing-builtin', says: /^Missing Rego builtins: http\.send, opa\.runtime$/ },
  ],
  'lists builtins as garbage': [makeModule({ builtins: at('garbage') }), { always: 'guest-error', says: /builtins/ }],
  'lists builtins as an array': [makeModule({ builtins: at('list') }), { always: 'guest-error', says: /builtins/ }],
  'lists builtins outside its memory': [
    makeModule({ builtins: `i32.const ${OUTSIDE}` }),
    { always: 'guest-error', says: /builtins/ },
  ],
  'has no first entrypoint': [makeModule({ entrypoints: at('late') }), { always: 'guest-error', says: /entrypoint/ }],
  'never finishes its listing': [
    makeModule({ builtins: 'loop br 0 end i32.const 0' }),
    { always: 'deadline', says: /limit/ },
  ],
  'gives no memory for data': [makeModule({ opa_malloc: 'i32.const 0' }), { always: 'trap', says: /no memory/ }],
  'gives memory outside its memory': [
    makeModule({ opa_malloc: `i32.const ${OUTSIDE}` }),
    { always: 'trap', says: /no memory/ },
  ],
  'can not read its data': [makeModule({ opa_json_parse: 'i32.const 0' }), { always: 'guest-error', says: /data/ }],
  'never ends': [attack('loop br 0 end'), { failure: 'deadline', says: /limit/ }],
  'recurses for ever': [attack('i32.const 0 call $eval drop'), { failure: 'stack-overflow', says: /stack/ }],
  traps: [attack('unreachable'), { failure: 'trap', says: /unreachable/ }],
  'calls a builtin that it did not list': [
    attack(callTrace(at('text'))),
    { failure: 'trap', says: /unknown builtin 7/ },
  ],
  'passes an argument outside its memory': [
    attack(callTrace(`i32.const ${OUTSIDE}`), withTrace),
    { failure: 'guest-error', says: /^trace: an argument/ },
  ],
  'passes an argument that is no value': [
    attack(callTrace(at('garbage')), withTrace),
    { failure: 'guest-error', says: /^trace: an argument is not a Rego value/ },
  ],
  'passes a value of a thousand levels': [
    attack(callTrace(at('deep')), withTrace),
    { failure: 'guest-error', says: /^trace: an argument is not a Rego value/ },
  ],
  'passes too few arguments': [
    attack(callTrace(at('text')), { builtins: at('split') }),
    { failure: 'guest-error', says: /^regex\.split: operand 2/ },
  ],
  'passes an argument without an end': [
    attack(`${FILL} ${callTrace('i32.const 8192')}`, withTrace),
    { failure: 'guest-error', says: /^trace: an argument/ },
  ],
  'aborts with a message outside its memory': [
    attack(`i32.const ${OUTSIDE} call $opa_abort`),
    { failure: 'guest-error', says: /^aborted: / },
  ],
  'prints from outside its memory': [attack(`i32.const ${OUTSIDE} call $opa_println`), { output: CALM_ANSWER }],
  'answers from outside its memory': [answers(`i32.const ${OUTSIDE}`), { failure: 'output-limit', says: /no answer/ }],
  'answers without an end': [answers(`${FILL} i32.const 8192`), { failure: 'output-limit', says: /no answer/ }],
  'answers with no JSON': [answers(at('noJson')), { output: 'no JSON at all' }],
};

export const regoCases: readonly RegoCase[] = Object.entries(MODULES).map(([name, [module, expected]]) => ({
  name,
  module,
  expected,
}));
