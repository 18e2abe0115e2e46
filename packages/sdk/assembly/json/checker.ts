import { Char, hexValue, isDigit, isSpace } from './characters';
import { Marks } from './marks';
import { characterLength } from './utf8';

/**
 * How deep arrays and objects may nest. Kubernetes objects stay below 50; 1,024 leaves room for any schema and keeps the
 * recursion that writes a value within a few hundred KiB of stack.
 */
export const MAX_DEPTH: i32 = 1024;

const openMarks: usize = memory.data(4096); // MAX_DEPTH × 4 bytes: the mark of each open container.
const closers: usize = memory.data(1024); // MAX_DEPTH × 1 byte: the byte that closes it.

/**
 * Checks that the bytes between two addresses are exactly one JSON document (RFC 8259) in UTF-8, in one pass without
 * recursion, and marks where its containers end. Whatever passes here needs no further checks when it is read.
 */
export class Checker {
  readonly marks: Marks = new Marks();
  /** What is wrong, as a clause such as "expected ':' after a key"; "" when nothing is. */
  problem: string = '';
  /** The offset in bytes, from 0, at which the problem was found. */
  position: i32 = 0;
  private depth: i32 = 0;
  private at: usize;

  constructor(
    private readonly start: usize,
    private readonly end: usize,
  ) {
    this.at = start;
  }

  /** Whether the text is one document; `problem` and `position` say why not. */
  check(): bool {
    do {
      if (!this.value()) return false;
      if (!this.afterValue()) return false;
    } while (this.depth > 0);
    return this.at == this.end || this.fail('unexpected text after the document');
  }

  private fail(problem: string): bool {
    this.problem = this.at < this.end ? problem : 'unexpected end of the text';
    this.position = <i32>(this.at - this.start);
    return false;
  }

  private skipSpace(): void {
    while (this.at < this.end && isSpace(load<u8>(this.at))) this.at++;
  }

  /** The byte at the current position, or -1 at the end. */
  private peek(): i32 {
    return this.at < this.end ? <i32>load<u8>(this.at) : -1;
  }

  /** Reads a scalar or opens containers up to and including their first scalar, or an empty container. */
  private value(): bool {
    while (true) {
      this.skipSpace();
      const c = this.peek();
      if (c == Char.OpenBrace) {
        if (!this.open(Char.CloseBrace)) return false;
        this.skipSpace();
        if (this.peek() == Char.CloseBrace) return true;
        if (!this.key()) return false;
      } else if (c == Char.OpenBracket) {
        if (!this.open(Char.CloseBracket)) return false;
        this.skipSpace();
        if (this.peek() == Char.CloseBracket) return true;
      } else {
        return this.scalar(c);
      }
    }
  }

  /** Closes the containers that end here and steps over the comma before the next value. */
  private afterValue(): bool {
    while (true) {
      this.skipSpace();
      if (this.depth == 0) return true;
      const closer = <i32>load<u8>(closers + this.depth - 1);
      const c = this.peek();
      if (c == closer) {
        this.at++;
        this.depth--;
        this.marks.close(load<i32>(openMarks + ((<usize>this.depth) << 2)), this.at);
      } else if (c == Char.Comma) {
        this.at++;
        if (closer == Char.CloseBracket) return true;
        this.skipSpace();
        return this.key();
      } else {
        return this.fail(closer == Char.CloseBrace ? "expected ',' or '}'" : "expected ',' or ']'");
      }
    }
  }

  private open(closer: i32): bool {
    if (this.depth == MAX_DEPTH) return this.fail('nested too deeply');
    this.at++;
    store<i32>(openMarks + ((<usize>this.depth) << 2), this.marks.open());
    store<u8>(closers + this.depth, closer);
    this.depth++;
    return true;
  }

  private key(): bool {
    if (this.peek() != Char.Quote) return this.fail('expected a key in quotes');
    if (!this.string()) return false;
    this.skipSpace();
    if (this.peek() != Char.Colon) return this.fail("expected ':' after a key");
    this.at++;
    return true;
  }

  private scalar(c: i32): bool {
    if (c == Char.Quote) return this.string();
    if (c == Char.Minus || isDigit(c)) return this.number();
    if (c == Char.LowerT) return this.word('true');
    if (c == Char.LowerF) return this.word('false');
    if (c == Char.LowerN) return this.word('null');
    return this.fail('expected a value');
  }

  private word(text: string): bool {
    for (let i = 0; i < text.length; i++) {
      if (this.peek() != text.charCodeAt(i)) return this.fail('expected a value');
      this.at++;
    }
    return true;
  }

  private digits(): bool {
    if (!isDigit(this.peek())) return this.fail('expected a digit');
    while (isDigit(this.peek())) this.at++;
    return true;
  }

  private number(): bool {
    if (this.peek() == Char.Minus) this.at++;
    if (this.peek() == Char.Zero) this.at++;
    else if (!this.digits()) return false;
    if (this.peek() == Char.Dot) {
      this.at++;
      if (!this.digits()) return false;
    }
    if ((this.peek() | 0x20) != Char.LowerE) return true;
    this.at++;
    if (this.peek() == Char.Plus || this.peek() == Char.Minus) this.at++;
    return this.digits();
  }

  private string(): bool {
    this.at++;
    while (true) {
      this.at = plainEnd(this.at, this.end);
      const c = this.peek();
      if (c == Char.Quote) {
        this.at++;
        return true;
      }
      if (c < Char.Space) return this.fail('control character in a string');
      if (c == Char.Backslash) {
        if (!this.escape()) return false;
      } else {
        const length = characterLength(this.at, this.end);
        if (length == 0) return this.fail('invalid UTF-8');
        this.at += length;
      }
    }
  }

  private escape(): bool {
    this.at++;
    const c = this.peek();
    if (c == Char.LowerU) {
      this.at++;
      for (let i = 0; i < 4; i++, this.at++) {
        if (hexValue(this.peek()) < 0) return this.fail('expected four hexadecimal digits');
      }
      return true;
    }
    if (c < 0 || !isEscapable(c)) return this.fail('unknown escape');
    this.at++;
    return true;
  }
}

/** The address of the first byte from `at` on that is a quote, a backslash, a control character or not ASCII. */
function plainEnd(at: usize, end: usize): usize {
  while (at < end) {
    const c = <i32>load<u8>(at);
    if (c == Char.Quote || c == Char.Backslash || c < Char.Space || c >= 0x80) break;
    at++;
  }
  return at;
}

function isEscapable(c: i32): bool {
  return (
    c == Char.Quote ||
    c == Char.Backslash ||
    c == Char.Slash ||
    c == Char.LowerB ||
    c == Char.LowerF ||
    c == Char.LowerN ||
    c == Char.LowerR ||
    c == Char.LowerT
  );
}
