import { daysIn, instantOf, weekdayOf, type Civil } from '../go/calendar.ts';
import { parseDuration } from '../go/duration.ts';
import { layoutNamed, RFC3339, WEEKDAYS } from '../go/layout.ts';
import { civilIn, formatTime } from '../go/time-format.ts';
import { parseTime } from '../go/time-parse.ts';
import { zoneOf, type Zone } from '../go/zone.ts';
import { integerOf } from '../value/number.ts';
import { isArray, number, typeOf, type RegoNumber, type Value } from '../value/value.ts';
import { BuiltinError, onString, operands, type Builtin, type Family } from './builtin.ts';

export const time: Family = {
  'time.now_ns': (_args, { now }) => number(now),
  'time.parse_ns': (args) => {
    const { string } = operands(args);
    return safe(parseTime(layoutNamed(string(1)), string(2)));
  },
  'time.parse_rfc3339_ns': onString((text) => safe(parseTime(RFC3339, text))),
  'time.parse_duration_ns': onString((text) => number(parseDuration(text))),
  'time.format': (args) => {
    const { instant, zone, layout } = momentOf(operands(args).value(1));
    return formatTime(instant, zone, layoutNamed(layout === '' ? 'RFC3339Nano' : layout));
  },
  'time.date': civilParts(({ year, month, day }) => [year, month, day]),
  'time.clock': civilParts(({ hour, minute, second }) => [hour, minute, second]),
  'time.weekday': (args) => {
    const { instant, zone } = momentOf(operands(args).value(1));
    return WEEKDAYS[weekdayOf(civilIn(instant, zone))] ?? '';
  },
  'time.add_date': (args) => {
    const { value, integer } = operands(args);
    const { instant, zone } = momentOf(value(1));
    return safe(addDate(instant, zone, [integer(2), integer(3), integer(4)]));
  },
  'time.diff': (args) => {
    const { value } = operands(args);
    return difference(momentOf(value(1)), momentOf(value(2))).map(number);
  },
};

interface Moment {
  readonly instant: bigint;
  readonly zone: Zone;
  readonly layout: string;
}

function civilParts(pick: (civil: Civil) => readonly number[]): Builtin {
  return (args) => {
    const { instant, zone } = momentOf(operands(args).value(1));
    return pick(civilIn(instant, zone)).map(number);
  };
}

/** Nanoseconds, or an array of them, a zone and a layout. */
function momentOf(value: Value): Moment {
  const [ns = null, zone = '', layout = ''] = isArray(value) ? value : [value];
  if (typeOf(ns) !== 'number')
    throw new BuiltinError('operand 1 must be either number (ns) or [number (ns), string (tz)]');
  if (typeof zone !== 'string' || typeof layout !== 'string') throw new BuiltinError('zone and layout must be strings');
  const instant = integerOf((ns as RegoNumber).text);
  if (instant === undefined || BigInt.asIntN(64, instant) !== instant) throw new BuiltinError('timestamp too big');
  return { instant, zone: zoneOf(zone), layout };
}

/** As far as 64 bits of nanoseconds reach: from 1677 to 2262. */
function safe(instant: bigint): RegoNumber {
  if (BigInt.asIntN(64, instant) !== instant) throw new BuiltinError('time outside of valid range');
  return number(instant);
}

/** More than this leaves the valid range from wherever one starts. */
const MOST = 2_000_000n;

function addDate(instant: bigint, zone: Zone, amounts: readonly bigint[]): bigint {
  if (amounts.some((amount) => amount > MOST || amount < -MOST)) throw new BuiltinError('time outside of valid range');
  const [years = 0, months = 0, days = 0] = amounts.map(Number);
  const civil = civilIn(instant, zone);
  return wallTime({ ...civil, year: civil.year + years, month: civil.month + months, day: civil.day + days }, zone);
}

/** The instant at which clocks show a time: the offset of a first guess says which one it is, as in Go. */
function wallTime(civil: Civil, zone: Zone): bigint {
  const asUtc = instantOf(civil);
  const at = (offset: number): bigint => asUtc - BigInt(offset) * 1_000_000_000n;
  const first = zone.offsetAt(asUtc);
  if (zone.offsetAt(at(first)) === first) return at(first);
  return at(zone.offsetAt(at(first)));
}

/** Years, months, days, hours, minutes and seconds between two moments, as a calendar in the first one's zone counts. */
function difference(first: Moment, second: Moment): readonly number[] {
  const { zone } = first;
  const [early, late] = [first.instant, second.instant].toSorted((x, y) => (x < y ? -1 : x > y ? 1 : 0)) as [
    bigint,
    bigint,
  ];
  const [a, b] = [civilIn(early, zone), civilIn(late, zone)];
  let [year, month, day] = [b.year - a.year, b.month - a.month, b.day - a.day];
  let [hour, minute, second_] = [b.hour - a.hour, b.minute - a.minute, b.second - a.second];
  if (second_ < 0) [second_, minute] = [second_ + 60, minute - 1];
  if (minute < 0) [minute, hour] = [minute + 60, hour - 1];
  if (hour < 0) [hour, day] = [hour + 24, day - 1];
  if (day < 0) [day, month] = [day + daysIn(a.year, a.month), month - 1];
  if (month < 0) [month, year] = [month + 12, year - 1];
  return [year, month, day, hour, minute, second_];
}
