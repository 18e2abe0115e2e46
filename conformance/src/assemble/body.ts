import { signed, unsigned, type Bytes } from './bytes.ts';
import { OPCODES, type Immediate } from './opcodes.ts';

/** The indices that names stand for; a name is written with `$` in the text and without it here. */
export interface Names {
  readonly locals: readonly string[];
  readonly globals: readonly string[];
  readonly functions: readonly string[];
  readonly types: readonly string[];
  readonly tags: readonly string[];
}

/**
 * Encodes instructions written as flat text, `end` included: `loop br 0 end`. Everything after `;;` on a line is a
 * comment. The function's own last `end` is added.
 *
 * @throws {Error} For an unknown instruction, name or number.
 */
export function encodeBody(text: string, names: Names): Bytes {
  const tokens = text.replaceAll(/;;.*/g, '').split(/\s+/).filter(Boolean);
  const bytes: number[] = [];
  while (tokens.length > 0) {
    const instruction = tokens.shift()!;
    const known = OPCODES[instruction];
    if (!known) throw new Error(`unknown instruction ${instruction}`);
    bytes.push(...known[0], ...immediate(known[1], tokens, names));
  }
  return [...bytes, 0x0b];
}

const EMPTY_BLOCK = 0x40;
const CATCH_ALL = 0x02;

function immediate(kind: Immediate, tokens: string[], names: Names): Bytes {
  switch (kind) {
    case 'none':
      return [];
    case 'block':
      return [EMPTY_BLOCK];
    case 'catch-all':
      return [EMPTY_BLOCK, 1, CATCH_ALL, ...unsigned(number(tokens))];
    case 'label':
    case 'table':
      return unsigned(number(tokens));
    case 'local':
      return unsigned(index(tokens, names.locals));
    case 'global':
      return unsigned(index(tokens, names.globals));
    case 'function':
      return unsigned(index(tokens, names.functions));
    case 'type':
    case 'heap':
      return unsigned(index(tokens, names.types));
    case 'signature':
      return [...unsigned(index(tokens, names.types)), 0];
    case 'tag':
      return unsigned(index(tokens, names.tags));
    case 'i32':
      return signed(number(tokens) | 0);
    case 'i64':
      return signed(BigInt.asIntN(64, BigInt(next(tokens))));
    case 'f64':
      return [...new Uint8Array(new Float64Array([number(tokens)]).buffer)];
    case 'address':
      return [0, ...offset(tokens)];
    case 'atomic-address':
      return [2, ...offset(tokens)];
    case 'memory':
      return [0];
    case 'two-memories':
      return [0, 0];
  }
}

function next(tokens: string[]): string {
  const token = tokens.shift();
  if (token === undefined) throw new Error('the text ends where an operand must follow');
  return token;
}

function number(tokens: string[]): number {
  const token = next(tokens);
  const value = Number(token);
  if (Number.isNaN(value) && token !== 'nan') throw new Error(`${token} is not a number`);
  return value;
}

function index(tokens: string[], known: readonly string[]): number {
  const token = next(tokens);
  const found = known.indexOf(token.slice(1));
  if (!token.startsWith('$') || found === -1) throw new Error(`unknown name ${token}`);
  return found;
}

function offset(tokens: string[]): Bytes {
  return tokens[0]?.startsWith('offset=') ? unsigned(BigInt(next(tokens).slice('offset='.length))) : [0];
}
