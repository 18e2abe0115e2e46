import { BuiltinError } from '../builtins/builtin.ts';
import { daysIn, instantOf } from './calendar.ts';
import { MONTHS, tokens, WEEKDAYS, type Field, type Token } from './layout.ts';

/** What has been read of a time. */
interface Parts {
  year: number;
  month: number | undefined;
  day: number | undefined;
  yearDay: number | undefined;
  hour: number;
  minute: number;
  second: number;
  nanosecond: number;
  afternoon: boolean | undefined;
  offset: number | undefined;
}

interface Source {
  readonly text: string;
  at: number;
}

/** `time.Parse` with the answer in nanoseconds since 1970. A zone's abbreviation alone counts as UTC, as in Go. */
export function parseTime(layout: string, text: string): bigint {
  const parts: Parts = {
    year: 0,
    month: undefined,
    day: undefined,
    yearDay: undefined,
    hour: 0,
    minute: 0,
    second: 0,
    nanosecond: 0,
    afternoon: undefined,
    offset: undefined,
  };
  const source: Source = { text, at: 0 };
  const all = tokens(layout);
  for (const [index, token] of all.entries()) readToken(source, token, parts, all[index + 1]);
  if (source.at !== text.length) throw invalid();
  return finish(parts);
}

function invalid(): BuiltinError {
  return new BuiltinError('the text does not fit the layout');
}

function finish(parts: Parts): bigint {
  let { hour, month, day } = parts;
  if (parts.afternoon === true && hour < 12) hour += 12;
  else if (parts.afternoon === false && hour === 12) hour = 0;
  if (parts.yearDay !== undefined) ({ month, day } = fromYearDay(parts.year, parts.yearDay, month, day));
  month ??= 1;
  day ??= 1;
  if (day < 1 || day > daysIn(parts.year, month)) throw invalid();
  const civil = { ...parts, month, day, hour };
  return instantOf(civil) - BigInt(parts.offset ?? 0) * 1_000_000_000n;
}

function fromYearDay(year: number, yearDay: number, month?: number, day?: number): { month: number; day: number } {
  let left = yearDay;
  let found = 1;
  while (found <= 12 && left > daysIn(year, found)) left -= daysIn(year, found++);
  if (yearDay < 1 || found > 12 || (month !== undefined && month !== found) || (day !== undefined && day !== left)) {
    throw invalid();
  }
  return { month: found, day: left };
}

function readToken(source: Source, token: Token, parts: Parts, next: Token | undefined): void {
  if (token.kind === 'text') readText(source, token.text);
  else if (token.kind === 'fraction') readFraction(source, token, parts);
  else readField(source, token.field, parts, next);
}

/** A space in the layout stands for any number of them. */
function readText(source: Source, text: string): void {
  for (const character of text) {
    if (character === ' ') {
      if (source.at < source.text.length && source.text[source.at] !== ' ') throw invalid();
      while (source.text[source.at] === ' ') source.at++;
    } else if (source.text.startsWith(character, source.at)) source.at += character.length;
    else throw invalid();
  }
}

function match(source: Source, pattern: RegExp): string {
  const sticky = new RegExp(pattern.source, 'y');
  sticky.lastIndex = source.at;
  const [found] = sticky.exec(source.text) ?? [];
  if (found === undefined) throw invalid();
  source.at += found.length;
  return found;
}

function readFraction(source: Source, token: Extract<Token, { kind: 'fraction' }>, parts: Parts): void {
  if (token.trimmed && !/^[.,]\d/.test(source.text.slice(source.at, source.at + 2))) return;
  const found = match(source, token.trimmed ? /[.,]\d+/ : new RegExp(`[.,]\\d{${token.digits}}`));
  if (!token.trimmed && /\d/.test(source.text[source.at] ?? '')) throw invalid();
  parts.nanosecond = Number(found.slice(1, 10).padEnd(9, '0'));
}

function within(value: number, least: number, most: number): number {
  if (value < least || value > most) throw invalid();
  return value;
}

/** Reads one field; `next` is what follows it in the layout. */
type ReadField = (source: Source, parts: Parts, next: Token | undefined) => void;

/** A number of some form and range. */
function integer(pattern: RegExp, least: number, most: number, keep: (parts: Parts, value: number) => void): ReadField {
  return (source, parts) => keep(parts, within(Number(match(source, pattern)), least, most));
}

function name(names: readonly string[], keep: (parts: Parts, index: number) => void): ReadField {
  return (source, parts) => keep(parts, indexOfName(source, names));
}

const short = (names: readonly string[]): string[] => names.map((each) => each.slice(0, 3));
const month = (parts: Parts, value: number): number => (parts.month = value);
const day = (parts: Parts, value: number): number => (parts.day = value);
const yearDay = (parts: Parts, value: number): number => (parts.yearDay = value);
const hour = (parts: Parts, value: number): number => (parts.hour = value);
const minute = (parts: Parts, value: number): number => (parts.minute = value);

function seconds(pattern: RegExp): ReadField {
  const read = integer(pattern, 0, 59, (parts, value) => (parts.second = value));
  return (source, parts, next) => {
    read(source, parts, next);
    // A fraction may follow seconds even where the layout has none.
    if (next?.kind === 'fraction' || !/^[.,]\d/.test(source.text.slice(source.at, source.at + 2))) return;
    parts.nanosecond = Number(
      match(source, /[.,]\d+/)
        .slice(1, 10)
        .padEnd(9, '0'),
    );
  };
}

/** Fields but for offsets. Ranges of days are checked when the month is known. */
const READERS: Readonly<Partial<Record<Field, ReadField>>> = {
  '2006': integer(/\d{4}/, 0, 9999, (parts, value) => (parts.year = value)),
  '06': integer(/\d\d/, 0, 99, (parts, value) => (parts.year = value >= 69 ? 1900 + value : 2000 + value)),
  January: name(MONTHS, (parts, index) => (parts.month = index + 1)),
  Jan: name(short(MONTHS), (parts, index) => (parts.month = index + 1)),
  '01': integer(/\d\d/, 1, 12, month),
  '1': integer(/\d\d?/, 1, 12, month),
  Monday: name(WEEKDAYS, () => undefined),
  Mon: name(short(WEEKDAYS), () => undefined),
  '02': integer(/\d\d/, 0, 99, day),
  _2: integer(/ ?\d\d?/, 0, 99, day),
  '2': integer(/\d\d?/, 0, 99, day),
  '002': integer(/\d{3}/, 0, 999, yearDay),
  __2: integer(/ {0,2}\d{1,3}/, 0, 999, yearDay),
  '15': integer(/\d\d?/, 0, 23, hour),
  '03': integer(/\d\d/, 0, 12, hour),
  '3': integer(/\d\d?/, 0, 12, hour),
  '04': integer(/\d\d/, 0, 59, minute),
  '4': integer(/\d\d?/, 0, 59, minute),
  '05': seconds(/\d\d/),
  '5': seconds(/\d\d?/),
  PM: (source, parts) => (parts.afternoon = match(source, /[AP]M/) === 'PM'),
  pm: (source, parts) => (parts.afternoon = match(source, /[ap]m/) === 'pm'),
  MST: skipZoneName,
};

function readField(source: Source, field: Field, parts: Parts, next: Token | undefined): void {
  const read = READERS[field];
  if (read) read(source, parts, next);
  else parts.offset = readOffset(source, field);
}

/** Names in any case. */
function indexOfName(source: Source, names: readonly string[]): number {
  const rest = source.text.slice(source.at, source.at + 16).toLowerCase();
  const index = names.findIndex((name) => rest.startsWith(name.toLowerCase()));
  if (index < 0) throw invalid();
  source.at += names[index]?.length ?? 0;
  return index;
}

/** Names say nothing without their zone, and Go does not even listen to `GMT+3`. */
function skipZoneName(source: Source): void {
  match(source, /GMT[+-]\d\d?|[+-]\d\d(?:\d\d)?|ChST|MeST|WITA|[A-Z]{3}T|[A-Z]{4}T|[A-Z]{3}/);
}

function readOffset(source: Source, field: string): number {
  if (field.startsWith('Z') && source.text[source.at] === 'Z') {
    source.at++;
    return 0;
  }
  const parts = (field.replaceAll(':', '').length - 1) / 2;
  const colon = field.includes(':') ? ':' : '';
  const found = match(source, new RegExp(`[+-]\\d\\d${`${colon}\\d\\d`.repeat(parts - 1)}`));
  const [hours = 0, minutes = 0, seconds = 0] = (found.slice(1).replaceAll(':', '').match(/\d\d/g) ?? []).map(Number);
  const absolute = within(hours, 0, 24) * 3600 + within(minutes, 0, 60) * 60 + within(seconds, 0, 60);
  return found.startsWith('-') ? -absolute : absolute;
}
