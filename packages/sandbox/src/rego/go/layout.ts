import { step } from '../steps.ts';

/** Layouts of Go's `time`: a layout shows what the reference time, Monday 2 January 2006 15:04:05 MST, looks like. */

export type Token =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'field'; readonly field: Field }
  /** Fractions of a second: the separator, how many digits, and whether they may be left out (`9`) or not (`0`). */
  | { readonly kind: 'fraction'; readonly separator: string; readonly digits: number; readonly trimmed: boolean };

/** Longer ones first where one begins with another. */
const FIELDS = [
  'January',
  'Jan',
  'Monday',
  'Mon',
  'MST',
  '2006',
  '002',
  '01',
  '02',
  '03',
  '04',
  '05',
  '06',
  '__2',
  '_2',
  '15',
  '1',
  '2',
  '3',
  '4',
  '5',
  'PM',
  'pm',
  '-07:00:00',
  '-070000',
  '-07:00',
  '-0700',
  '-07',
  'Z07:00:00',
  'Z070000',
  'Z07:00',
  'Z0700',
  'Z07',
] as const;

export type Field = (typeof FIELDS)[number];

const NAMED: Readonly<Record<string, string>> = {
  ANSIC: 'Mon Jan _2 15:04:05 2006',
  UnixDate: 'Mon Jan _2 15:04:05 MST 2006',
  RubyDate: 'Mon Jan 02 15:04:05 -0700 2006',
  RFC822: '02 Jan 06 15:04 MST',
  RFC822Z: '02 Jan 06 15:04 -0700',
  RFC850: 'Monday, 02-Jan-06 15:04:05 MST',
  RFC1123: 'Mon, 02 Jan 2006 15:04:05 MST',
  RFC1123Z: 'Mon, 02 Jan 2006 15:04:05 -0700',
  RFC3339: '2006-01-02T15:04:05Z07:00',
  RFC3339Nano: '2006-01-02T15:04:05.999999999Z07:00',
};

export const RFC3339 = '2006-01-02T15:04:05Z07:00';

/** The layout of a name that OPA knows, else the text itself. */
export function layoutNamed(name: string): string {
  return Object.hasOwn(NAMED, name) ? (NAMED[name] ?? name) : name;
}

export function tokens(layout: string): Token[] {
  const found: Token[] = [];
  let text = '';
  for (let at = 0; at < layout.length;) {
    step(8);
    const [token, length] = tokenAt(layout, at) ?? [];
    if (!token || length === undefined) text += layout[at++];
    else {
      if (text !== '') found.push({ kind: 'text', text });
      text = '';
      found.push(token);
      at += length;
    }
  }
  if (text !== '') found.push({ kind: 'text', text });
  return found;
}

function tokenAt(layout: string, at: number): readonly [Token, number] | undefined {
  const rest = layout.slice(at, at + 16);
  // An underscore in front of a year is an underscore.
  if (rest.startsWith('_2006')) return [{ kind: 'text', text: '_' }, 1];
  // A word that only begins like a month's abbreviation is a word.
  if (rest.startsWith('Jan') && !rest.startsWith('January') && /^[a-z]/.test(rest.slice(3))) return undefined;
  if (rest.startsWith('Mon') && !rest.startsWith('Monday') && /^[a-z]/.test(rest.slice(3))) return undefined;
  const fraction = /^([.,])(0+|9+)(?!\d)/.exec(layout.slice(at));
  if (fraction) {
    const [whole, separator = '.', digits = ''] = fraction;
    return [{ kind: 'fraction', separator, digits: digits.length, trimmed: digits.startsWith('9') }, whole.length];
  }
  const field = FIELDS.find((name) => rest.startsWith(name));
  return field && [{ kind: 'field', field }, field.length];
}

export const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;

export const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;
