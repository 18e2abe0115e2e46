import { CelError } from '../error.ts';
import type { Meter } from '../evaluate/meter.ts';
import { DURATION, INT, STRING, TIMESTAMP } from '../types.ts';
import { Duration, Timestamp } from '../value.ts';
import { method, type Overload, type Result } from './define.ts';
import { duration, NANOS_PER_SECOND, timestamp } from './ranges.ts';

const UNIT_NANOS: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['µs', 1_000n],
  ['μs', 1_000n],
  ['ms', 1_000_000n],
  ['s', NANOS_PER_SECOND],
  ['m', 60n * NANOS_PER_SECOND],
  ['h', 3600n * NANOS_PER_SECOND],
]);

const DURATION_PART = /(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/y;
const TIMESTAMP_TEXT = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9})\d*)?([Zz]|[+-]\d\d:\d\d)$/;
/** The longest texts of either kind that mean something, with room to spare. */
const MAX_TEXT = 128;

/** Parses Go's notation of durations, such as `1h30m` or `-1.5s`. */
export function parseDuration(text: string): Duration | CelError {
  const invalid = new CelError('invalid-argument', 'not a duration');
  if (text.length > MAX_TEXT) return invalid;
  const negative = text.startsWith('-');
  const digits = /^[+-]/.test(text) ? text.slice(1) : text;
  if (digits === '0') return new Duration(0n);
  let nanos = 0n;
  let at = 0;
  while (at < digits.length) {
    DURATION_PART.lastIndex = at;
    const part = DURATION_PART.exec(digits);
    const [whole = '', integer = '', fraction = '', unit = ''] = part ?? [];
    const size = UNIT_NANOS.get(unit);
    if (size === undefined || integer + fraction === '') return invalid;
    nanos += BigInt(integer || '0') * size + (BigInt(fraction || '0') * size) / 10n ** BigInt(fraction.length);
    at += whole.length;
  }
  return at === 0 ? invalid : duration(negative ? -nanos : nanos);
}

/** As in `5400s`, `1.5s`: seconds with as many digits as needed. */
export function formatDuration({ nanos }: Duration): string {
  const magnitude = nanos < 0n ? -nanos : nanos;
  return `${nanos < 0n ? '-' : ''}${magnitude / NANOS_PER_SECOND}${fractionText(magnitude % NANOS_PER_SECOND)}s`;
}

function fractionText(nanos: bigint): string {
  return nanos === 0n ? '' : `.${nanos.toString().padStart(9, '0').replace(/0+$/, '')}`;
}

/** Parses RFC 3339. */
export function parseTimestamp(text: string): Timestamp | CelError {
  const invalid = new CelError('invalid-argument', 'not a timestamp');
  const match = text.length > MAX_TEXT ? null : TIMESTAMP_TEXT.exec(text);
  if (match === null) return invalid;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  const isReal = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60;
  const offset = offsetMinutes(match[8] ?? 'Z');
  if (!isReal || second > 59 || offset === undefined) return invalid;
  const seconds = BigInt(date.getTime() / 1000) - BigInt(offset * 60);
  return timestamp(seconds * NANOS_PER_SECOND + BigInt((match[7] ?? '').padEnd(9, '0')));
}

export function formatTimestamp({ nanos }: Timestamp): string {
  const fraction = ((nanos % NANOS_PER_SECOND) + NANOS_PER_SECOND) % NANOS_PER_SECOND;
  const date = new Date(Number((nanos - fraction) / 1_000_000n));
  return `${date.toISOString().slice(0, 19)}${fractionText(fraction)}Z`;
}

/** Minutes east of UTC of `Z` or `+hh:mm`; the sign may be absent. */
function offsetMinutes(zone: string): number | undefined {
  if (/^(?:Z|UTC)$/i.test(zone)) return 0;
  const match = /^([+-]?)(\d\d):(\d\d)$/.exec(zone);
  if (match === null || Number(match[2]) > 23 || Number(match[3]) > 59) return undefined;
  return (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3]));
}

/** A look into the zone data takes about 5 µs, a hundred times what a unit of cost stands for. */
const ZONE_COST = 100;
/** Zones of recent evaluations; making a format takes longer than an evaluation does. */
const MAX_ZONES = 32;
const zones = new Map<string, Intl.DateTimeFormat>();

function zoneFormat(zone: string): Intl.DateTimeFormat {
  const known = zones.get(zone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  const oldest = zones.keys().next();
  if (zones.size >= MAX_ZONES && oldest.done !== true) zones.delete(oldest.value);
  zones.set(zone, format);
  return format;
}

/** The local time of a zone as a date whose UTC fields are that local time. */
function inZone({ nanos }: Timestamp, zone: string, meter: Meter): Date | CelError {
  const milliseconds = Number((nanos - (((nanos % 1_000_000n) + 1_000_000n) % 1_000_000n)) / 1_000_000n);
  const offset = offsetMinutes(zone);
  if (offset !== undefined) return new Date(milliseconds + offset * 60_000);
  meter.charge(ZONE_COST);
  try {
    const name =
      zoneFormat(zone)
        .formatToParts(milliseconds)
        .find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT';
    const [sign = '+', hours = '0', minutes = '0', seconds = '0'] =
      /^GMT([+-])(\d+):(\d+)(?::(\d+))?$/.exec(name)?.slice(1) ?? [];
    const shift = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
    return new Date(milliseconds + (sign === '-' ? -1000 : 1000) * shift);
  } catch {
    return new CelError('invalid-argument', 'unknown time zone');
  }
}

const MS_PER_DAY = 86_400_000;

function dayOfYear(date: Date): number {
  const newYear = new Date(0);
  newYear.setUTCFullYear(date.getUTCFullYear(), 0, 1);
  return Math.floor((date.getTime() - newYear.getTime()) / MS_PER_DAY);
}

const FIELDS: Readonly<Record<string, (date: Date) => number>> = {
  getFullYear: (date) => date.getUTCFullYear(),
  getMonth: (date) => date.getUTCMonth(),
  getDate: (date) => date.getUTCDate(),
  getDayOfMonth: (date) => date.getUTCDate() - 1,
  getDayOfWeek: (date) => date.getUTCDay(),
  getDayOfYear: dayOfYear,
  getHours: (date) => date.getUTCHours(),
  getMinutes: (date) => date.getUTCMinutes(),
  getSeconds: (date) => date.getUTCSeconds(),
  getMilliseconds: (date) => date.getUTCMilliseconds(),
};

/** A duration as a whole in each unit. The language wants milliseconds without whole seconds; the API server has it so. */
const DURATION_FIELDS: Readonly<Record<string, (nanos: bigint) => bigint>> = {
  getHours: (nanos) => nanos / (3600n * NANOS_PER_SECOND),
  getMinutes: (nanos) => nanos / (60n * NANOS_PER_SECOND),
  getSeconds: (nanos) => nanos / NANOS_PER_SECOND,
  getMilliseconds: (nanos) => nanos / 1_000_000n,
};

function readField(time: Timestamp, zone: string, field: (date: Date) => number, meter: Meter): Result {
  const date = inZone(time, zone, meter);
  return date instanceof CelError ? date : BigInt(field(date));
}

export const TIME: Readonly<Record<string, readonly Overload[]>> = Object.fromEntries(
  Object.entries(FIELDS).map(([name, field]) => {
    const ofDuration = DURATION_FIELDS[name];
    return [
      name,
      [
        method([TIMESTAMP], INT, ([time], meter) => readField(time, 'UTC', field, meter)),
        method([TIMESTAMP, STRING], INT, ([time, zone], meter) => readField(time, zone, field, meter)),
        ...(ofDuration === undefined ? [] : [method([DURATION], INT, ([span]) => ofDuration(span.nanos))]),
      ],
    ];
  }),
);
