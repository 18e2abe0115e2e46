import { SyntaxProblem } from '../error.ts';

const SIMPLE: ReadonlyMap<string, number> = new Map([
  ['a', 7],
  ['b', 8],
  ['f', 12],
  ['n', 10],
  ['r', 13],
  ['t', 9],
  ['v', 11],
  ['\\', 92],
  ['?', 63],
  ['"', 34],
  ["'", 39],
  ['`', 96],
]);

const DIGITS: ReadonlyMap<string, number> = new Map([
  ['x', 2],
  ['X', 2],
  ['u', 4],
  ['U', 8],
]);

/** Reads the string or bytes literal that starts at `at`, prefix included. */
export function readQuoted(source: string, at: number): { readonly value: string | Uint8Array; readonly end: number } {
  let start = at;
  let raw = false;
  let bytes = false;
  for (; !/["']/.test(source[start] ?? '"'); start++) {
    if (/[rR]/.test(source[start] ?? '')) raw = true;
    else bytes = true;
  }
  const single = source[start] ?? '"';
  const delimiter = source.startsWith(single.repeat(3), start) ? single.repeat(3) : single;
  const out = bytes ? new BytesSink() : new TextSink();
  let position = start + delimiter.length;
  while (!source.startsWith(delimiter, position)) {
    const char = source[position];
    if (char === undefined) throw new SyntaxProblem('the literal does not end', at);
    if (delimiter.length === 1 && (char === '\n' || char === '\r')) {
      throw new SyntaxProblem('a line break in a literal of one line', position);
    }
    if (char === '\\' && !raw) {
      position = readEscape(source, position, out);
      continue;
    }
    const codePoint = source.codePointAt(position) ?? 0;
    out.text(codePoint);
    position += codePoint > 0xffff ? 2 : 1;
  }
  return { value: out.done(), end: position + delimiter.length };
}

interface Sink {
  /** Takes a character of the source or of a Unicode escape. */
  readonly text: (codePoint: number) => void;
  /** Takes a numeric escape: a byte for bytes, a character for strings. */
  readonly unit: (value: number) => void;
  readonly isBytes: boolean;
  readonly done: () => string | Uint8Array;
}

class TextSink implements Sink {
  readonly isBytes = false;
  readonly #parts: string[] = [];
  text(codePoint: number): void {
    this.#parts.push(String.fromCodePoint(codePoint));
  }
  unit(value: number): void {
    this.text(value);
  }
  done(): string {
    return this.#parts.join('');
  }
}

class BytesSink implements Sink {
  readonly isBytes = true;
  readonly #bytes: number[] = [];
  text(codePoint: number): void {
    this.#bytes.push(...new TextEncoder().encode(String.fromCodePoint(codePoint)));
  }
  unit(value: number): void {
    this.#bytes.push(value);
  }
  done(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}

/** Reads one escape sequence; answers where the next character is. */
function readEscape(source: string, at: number, out: Sink): number {
  const char = source[at + 1] ?? '';
  const simple = SIMPLE.get(char);
  if (simple !== undefined) {
    out.unit(simple);
    return at + 2;
  }
  const octal = /^[0-3][0-7]{2}/.exec(source.slice(at + 1, at + 4));
  if (octal !== null) {
    out.unit(Number.parseInt(octal[0], 8));
    return at + 4;
  }
  const length = DIGITS.get(char);
  const digits = source.slice(at + 2, at + 2 + (length ?? 0));
  if (length === undefined || digits.length < length || !/^[0-9a-fA-F]*$/.test(digits)) {
    throw new SyntaxProblem('unknown escape sequence', at);
  }
  const value = Number.parseInt(digits, 16);
  if (length === 2) out.unit(value);
  else if (out.isBytes) throw new SyntaxProblem('a Unicode escape in a bytes literal', at);
  else if (value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) {
    throw new SyntaxProblem('the escape sequence is no Unicode character', at);
  } else out.text(value);
  return at + 2 + length;
}
