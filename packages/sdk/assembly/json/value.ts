import { Char } from './characters';
import { Checker, MAX_DEPTH } from './checker';
import { parseNumber } from './float';
import { Kind } from './kind';
import { Marks } from './marks';
import { arrayIndex, pointerTokens } from './pointer';
import { afterSpace, afterValue, decodeString, stringEnd, wordEnd } from './text';
import { Writer } from './writer';

/** What came of parsing: a value, or what is wrong with the text and where. */
export class Parsed {
  constructor(
    readonly value: Json | null,
    /** For example `invalid JSON at byte 17: expected ',' or '}'`; "" when there is a value. */
    readonly error: string = '',
    /** The offset of the error in bytes, from 0. */
    readonly position: i32 = 0,
  ) {}
}

/**
 * A JSON value of any kind. What a program doesn't look at stays the text it was and is written back byte for byte, so
 * unknown fields, key order and the digits of numbers survive. Reading never fails: what is absent, or of another kind,
 * is a value of kind Missing or the default of the getter. Of equal keys in one object the last one counts.
 *
 * A value is closed as long as it is the checked text between `from` and `to`; arrays and objects open when their members
 * are asked for, and are then their members.
 */
export class Json {
  private static readonly absent: Json = new Json(Kind.Missing, 0, 0);

  private members: Map<string, Json> | null = null;
  private elements: Array<Json> | null = null;

  private constructor(
    readonly kind: Kind,
    private readonly from: usize,
    private readonly to: usize,
    private readonly marks: Marks | null = null,
    private readonly mark: i32 = 0,
  ) {}

  // Making values

  static parse(text: string): Parsed {
    const bytes = String.UTF8.encode(text);
    const length = <usize>bytes.byteLength;
    const copy = heap.alloc(length);
    memory.copy(copy, changetype<usize>(bytes), length);
    return Json.parseBytes(copy, length);
  }

  /** Parses UTF-8 text. The values refer to these bytes, which must stay as they are. */
  static parseBytes(from: usize, length: usize): Parsed {
    const checker = new Checker(from, from + length);
    if (checker.check()) return new Parsed(Json.closed(afterSpace(from), from + length, checker.marks, 0));
    const position = checker.position;
    return new Parsed(null, `invalid JSON at byte ${position}: ${checker.problem}`, position);
  }

  /** What stands for an absent value. There is only one, and nothing can be put into it. */
  static missing(): Json {
    return Json.absent;
  }

  static null(): Json {
    return Json.literal(Kind.Null, 'null');
  }

  static boolean(value: bool): Json {
    return Json.literal(Kind.Boolean, value ? 'true' : 'false');
  }

  static integer(value: i64): Json {
    return Json.literal(Kind.Number, value.toString());
  }

  /** A number; null, as in JavaScript, when it is not finite. */
  static float(value: f64): Json {
    return isFinite(value) ? Json.literal(Kind.Number, value.toString()) : Json.null();
  }

  static string(value: string): Json {
    const writer = new Writer(value.length + 2);
    writer.quoted(value);
    return Json.written(Kind.String, writer);
  }

  static strings(values: string[]): Json {
    const list = Json.array();
    for (let i = 0; i < values.length; i++) list.push(Json.string(values[i]));
    return list;
  }

  static array(): Json {
    const value = new Json(Kind.Array, 0, 0);
    value.elements = [];
    return value;
  }

  static object(): Json {
    const value = new Json(Kind.Object, 0, 0);
    value.members = new Map();
    return value;
  }

  /** A scalar whose JSON text is what the writer holds; the writer is not used any more. */
  static written(kind: Kind, writer: Writer): Json {
    return new Json(kind, writer.data, writer.data + writer.length);
  }

  private static literal(kind: Kind, text: string): Json {
    const writer = new Writer(text.length);
    writer.ascii(text);
    return Json.written(kind, writer);
  }

  /** The closed value that starts at `at`, in checked text that ends at `end`; `mark` is the next container's. */
  private static closed(at: usize, end: usize, marks: Marks, mark: i32): Json {
    const c = <i32>load<u8>(at);
    if (c == Char.OpenBrace) return new Json(Kind.Object, at, marks.end(mark), marks, mark);
    if (c == Char.OpenBracket) return new Json(Kind.Array, at, marks.end(mark), marks, mark);
    if (c == Char.Quote) return new Json(Kind.String, at, stringEnd(at));
    const to = wordEnd(at, end);
    if (c == Char.LowerN) return new Json(Kind.Null, at, to);
    return new Json(c == Char.LowerT || c == Char.LowerF ? Kind.Boolean : Kind.Number, at, to);
  }

  // Reading scalars

  get isMissing(): bool {
    return this.kind == Kind.Missing;
  }

  /** Whether the value is null or absent. */
  get isNull(): bool {
    return this.kind <= Kind.Null;
  }

  get isObject(): bool {
    return this.kind == Kind.Object;
  }

  get isArray(): bool {
    return this.kind == Kind.Array;
  }

  get isString(): bool {
    return this.kind == Kind.String;
  }

  /** The text of a string. */
  string(otherwise: string = ''): string {
    return this.kind == Kind.String ? decodeString(this.from, this.to) : otherwise;
  }

  boolean(otherwise: bool = false): bool {
    return this.kind == Kind.Boolean ? load<u8>(this.from) == Char.LowerT : otherwise;
  }

  /** A number written without fraction or exponent that fits 64 bits. */
  integer(otherwise: i64 = 0): i64 {
    if (this.kind != Kind.Number) return otherwise;
    const negative = load<u8>(this.from) == Char.Minus;
    let value: i64 = 0; // Counted downward, since the lowest number has no positive counterpart.
    for (let at = this.from + (negative ? 1 : 0); at < this.to; at++) {
      const digit = <i64>load<u8>(at) - Char.Zero;
      if (digit < 0 || digit > 9 || value < (i64.MIN_VALUE + digit) / 10) return otherwise;
      value = value * 10 - digit;
    }
    if (negative) return value;
    return value == i64.MIN_VALUE ? otherwise : -value;
  }

  /** A number as the nearest float or one beside it; `numberText` has all digits. */
  float(otherwise: f64 = 0): f64 {
    return this.kind == Kind.Number ? parseNumber(this.from, this.to) : otherwise;
  }

  /** The digits of a number as they were written; "" for other kinds. */
  get numberText(): string {
    return this.kind == Kind.Number ? String.UTF8.decodeUnsafe(this.from, this.to - this.from) : '';
  }

  // Reading arrays and objects

  /** The member of an object. Changing it changes the object. */
  get(key: string): Json {
    if (this.kind != Kind.Object) return Json.missing();
    const members = this.openObject();
    return members.has(key) ? members.get(key) : Json.missing();
  }

  has(key: string): bool {
    return this.kind == Kind.Object && this.openObject().has(key);
  }

  /** The keys of an object in their order, each once. */
  get keys(): string[] {
    return this.kind == Kind.Object ? this.openObject().keys() : [];
  }

  /** The elements of an array. The list is the array's own: changing it changes the array. */
  get items(): Json[] {
    return this.kind == Kind.Array ? this.openArray() : [];
  }

  /** The number of elements or members; 0 for other kinds. */
  get size(): i32 {
    if (this.kind == Kind.Array) return this.openArray().length;
    return this.kind == Kind.Object ? this.openObject().size : 0;
  }

  at(index: i32): Json {
    const items = this.items;
    return index >= 0 && index < items.length ? items[index] : Json.missing();
  }

  /** The elements that are strings. */
  strings(): string[] {
    const items = this.items;
    const found: string[] = [];
    for (let i = 0; i < items.length; i++) if (items[i].isString) found.push(items[i].string());
    return found;
  }

  /** The value at a JSON Pointer (RFC 6901), such as `/metadata/annotations/example.com~1owner`. */
  find(pointer: string): Json {
    let value: Json = this;
    const tokens = pointerTokens(pointer);
    for (let i = 0; i < tokens.length; i++) value = value.step(tokens[i]);
    return value;
  }

  // Changing

  /** Sets a member of an object; a new key goes last. Traps when this is no object. */
  set(key: string, value: Json): Json {
    assert(this.kind == Kind.Object, 'cannot set a member: the value is no object');
    assert(value.kind != Kind.Missing, 'cannot set a member to a missing value');
    this.openObject().set(key, value);
    return this;
  }

  /** Appends to an array. Traps when this is no array. */
  push(value: Json): Json {
    assert(this.kind == Kind.Array, 'cannot append: the value is no array');
    assert(value.kind != Kind.Missing, 'cannot append a missing value');
    this.openArray().push(value);
    return this;
  }

  /** Removes a member of an object; says whether there was one. */
  remove(key: string): bool {
    return this.kind == Kind.Object && this.openObject().delete(key);
  }

  /**
   * Sets the value at a JSON Pointer. Objects that are absent or null on the way are made. Traps when the way leads
   * through a value that can have no such member, because a change that silently isn't made would let an object pass
   * as it is.
   */
  put(pointer: string, value: Json): Json {
    const tokens = pointerTokens(pointer);
    assert(tokens.length > 0, 'cannot put: the pointer names the value itself');
    let target: Json = this;
    for (let i = 0; i < tokens.length - 1; i++) {
      let next = target.step(tokens[i]);
      if (next.isNull) {
        next = Json.object();
        target.replace(tokens[i], next);
      }
      target = next;
    }
    target.replace(tokens[tokens.length - 1], value);
    return this;
  }

  // Writing

  /** The JSON text. */
  toString(): string {
    const writer = new Writer();
    this.write(writer);
    return String.UTF8.decodeUnsafe(writer.data, writer.length);
  }

  /** The bytes of the text that the value was read from; a good guess at the room its text will need. */
  get textLength(): usize {
    return this.to - this.from;
  }

  write(writer: Writer, depth: i32 = 0): void {
    assert(this.kind != Kind.Missing, 'cannot write a missing value');
    // A document of the greatest legal depth may sit inside an envelope, hence the double; only a cycle goes beyond.
    assert(depth <= 2 * MAX_DEPTH, 'cannot write: nested too deeply');
    if (this.members) this.writeMembers(writer, this.members!, depth);
    else if (this.elements) this.writeElements(writer, this.elements!, depth);
    else writer.copy(this.from, this.to);
  }

  private writeMembers(writer: Writer, members: Map<string, Json>, depth: i32): void {
    const keys = members.keys();
    writer.byte(Char.OpenBrace);
    for (let i = 0; i < keys.length; i++) {
      if (i > 0) writer.byte(Char.Comma);
      writer.quoted(keys[i]);
      writer.byte(Char.Colon);
      members.get(keys[i]).write(writer, depth + 1);
    }
    writer.byte(Char.CloseBrace);
  }

  private writeElements(writer: Writer, elements: Json[], depth: i32): void {
    writer.byte(Char.OpenBracket);
    for (let i = 0; i < elements.length; i++) {
      if (i > 0) writer.byte(Char.Comma);
      elements[i].write(writer, depth + 1);
    }
    writer.byte(Char.CloseBracket);
  }

  // Opening

  private openObject(): Map<string, Json> {
    const known = this.members;
    if (known) return known;
    const members = new Map<string, Json>();
    let at = afterSpace(this.from + 1);
    let mark = this.mark + 1;
    while (load<u8>(at) != Char.CloseBrace) {
      const keyEnd = stringEnd(at);
      const key = decodeString(at, keyEnd);
      const value = Json.closed(afterSpace(afterSpace(keyEnd) + 1), this.to, this.marks!, mark);
      members.set(key, value);
      if (value.kind >= Kind.Array) mark = this.marks!.next(mark);
      at = afterValue(value.to);
    }
    this.members = members;
    return members;
  }

  private openArray(): Json[] {
    const known = this.elements;
    if (known) return known;
    const elements: Json[] = [];
    let at = afterSpace(this.from + 1);
    let mark = this.mark + 1;
    while (load<u8>(at) != Char.CloseBracket) {
      const value = Json.closed(at, this.to, this.marks!, mark);
      elements.push(value);
      if (value.kind >= Kind.Array) mark = this.marks!.next(mark);
      at = afterValue(value.to);
    }
    this.elements = elements;
    return elements;
  }

  // Pointers

  private step(token: string): Json {
    return this.kind == Kind.Array ? this.at(arrayIndex(token)) : this.get(token);
  }

  private replace(token: string, value: Json): void {
    if (this.kind == Kind.Array) {
      if (token == '-') {
        this.push(value);
        return;
      }
      const index = arrayIndex(token);
      assert(index >= 0 && index < this.size, 'cannot put: no such element');
      assert(value.kind != Kind.Missing, 'cannot put a missing value');
      this.openArray()[index] = value;
    } else {
      this.set(token, value);
    }
  }
}
