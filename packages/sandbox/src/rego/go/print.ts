import { charactersOf } from '../steps.ts';
import { within } from '../limits.ts';
import { isInt64, plain, printArgument, typeName, type Flags, type GoArgument } from './print-argument.ts';

interface State {
  /** By code point, as verbs are. */
  readonly format: readonly string[];
  readonly args: readonly GoArgument[];
  at: number;
  arg: number;
  reordered: boolean;
  goodIndex: boolean;
  afterIndex: boolean;
}

/** Go's own limit of widths and precisions. */
const MOST = 1_000_000;

/** `fmt.Sprintf`, with all that it says about wrong verbs and arguments. */
export function formatGo(format: string, args: readonly GoArgument[]): string {
  const state: State = {
    format: charactersOf(format),
    args,
    at: 0,
    arg: 0,
    reordered: false,
    goodIndex: true,
    afterIndex: false,
  };
  const out: string[] = [];
  let written = 0;
  while (state.at < state.format.length) {
    const start = state.at;
    while (state.at < state.format.length && state.format[state.at] !== '%') state.at++;
    out.push(state.format.slice(start, state.at).join(''));
    if (state.at < state.format.length) {
      state.at++;
      const shown = directive(state);
      written += shown.length;
      within(written, 'characters');
      out.push(shown);
    }
  }
  if (!state.reordered && state.arg < args.length) {
    const extra = args.slice(state.arg).map((arg) => `${typeName(arg)}=${plain(arg)}`);
    out.push(`%!(EXTRA ${extra.join(', ')})`);
  }
  return out.join('');
}

/** One directive, behind its percent sign. */
function directive(state: State): string {
  const flags = readFlags(state);
  state.afterIndex = false;
  state.goodIndex = true;
  let complaint = '';
  readIndex(state);
  if (state.format[state.at] === '*') {
    state.at++;
    const width = starArgument(state);
    if (width === undefined) complaint += '%!(BADWIDTH)';
    else if (width < 0) {
      flags.width = -width;
      flags.minus = true;
      flags.zero = false;
    } else flags.width = width;
    state.afterIndex = false;
  } else {
    flags.width = readNumber(state);
    if (state.afterIndex && flags.width !== undefined) state.goodIndex = false;
  }
  // A dot at the very end is a verb.
  if (state.format[state.at] === '.' && state.at + 1 < state.format.length) complaint += readPrecision(state, flags);
  if (!state.afterIndex) readIndex(state);
  const verb = state.format[state.at];
  if (verb === undefined) return `${complaint}%!(NOVERB)`;
  state.at++;
  if (verb === '%') return `${complaint}%`;
  if (!state.goodIndex) return `${complaint}%!${verb}(BADINDEX)`;
  const arg = state.args[state.arg];
  if (!arg) return `${complaint}%!${verb}(MISSING)`;
  state.arg++;
  return complaint + printArgument(arg, verb, 'vw'.includes(verb) ? verbless(arg, flags) : flags);
}

/** With `v` a plus and a sharp mean something else, which only strings know; big integers look at them themselves. */
function verbless(arg: GoArgument, flags: Flags): Flags {
  if (arg.kind === 'integer' && !isInt64(arg.value)) return flags;
  return { ...flags, plus: false, sharp: false, quoted: flags.sharp };
}

function readFlags(state: State): Flags {
  const flags: Flags = {
    plus: false,
    minus: false,
    sharp: false,
    space: false,
    zero: false,
    quoted: false,
    width: undefined,
    precision: undefined,
  };
  const names: Readonly<Record<string, 'plus' | 'minus' | 'sharp' | 'space' | 'zero'>> = {
    '+': 'plus',
    '-': 'minus',
    '#': 'sharp',
    ' ': 'space',
    '0': 'zero',
  };
  for (let name = names[state.format[state.at] ?? '']; name; name = names[state.format[state.at] ?? '']) {
    flags[name] = true;
    state.at++;
  }
  return flags;
}

function readPrecision(state: State, flags: Flags): string {
  state.at++;
  if (state.afterIndex) state.goodIndex = false;
  readIndex(state);
  if (state.format[state.at] !== '*') {
    flags.precision = readNumber(state) ?? 0;
    return '';
  }
  state.at++;
  const precision = starArgument(state);
  state.afterIndex = false;
  if (precision !== undefined && precision >= 0) flags.precision = precision;
  return precision === undefined || precision < 0 ? '%!(BADPREC)' : '';
}

function readNumber(state: State): number | undefined {
  const start = state.at;
  let value = 0;
  for (let digit = digitAt(state); digit !== undefined; digit = digitAt(state)) {
    value = value * 10 + digit;
    state.at++;
    // Go gives up on the number, and takes what follows as the verb.
    if (value > MOST) return undefined;
  }
  return state.at > start ? value : undefined;
}

function digitAt({ format, at }: State): number | undefined {
  const character = format[at] ?? '';
  return character >= '0' && character <= '9' ? Number(character) : undefined;
}

/** `[n]`, which says which argument is next. */
function readIndex(state: State): void {
  if (state.format[state.at] !== '[') return;
  state.reordered = true;
  state.afterIndex = true;
  const end = state.format.indexOf(']', state.at);
  const text = end < 0 ? '' : state.format.slice(state.at + 1, end).join('');
  const index = /^\d+$/.test(text) ? Number(text) : 0;
  state.at = end < 0 ? state.at + 1 : end + 1;
  if (index >= 1 && index <= state.args.length) state.arg = index - 1;
  else {
    state.goodIndex = false;
    state.afterIndex = false;
  }
}

function starArgument(state: State): number | undefined {
  const arg = state.args[state.arg];
  if (!arg) return undefined;
  state.arg++;
  if (arg.kind !== 'integer' || arg.value > MOST || arg.value < -MOST) return undefined;
  return Number(arg.value);
}
