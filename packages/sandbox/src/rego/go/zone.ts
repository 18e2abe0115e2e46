import { BuiltinError } from '../builtins/builtin.ts';
import { ZONE_NAMES } from './zone-names.ts';

/** A time zone: what its clocks show at an instant. */
export interface Zone {
  readonly name: string;
  /** Seconds east of Greenwich at an instant in nanoseconds since 1970. */
  readonly offsetAt: (instant: bigint) => number;
  /** What the time is called there, as in CET. */
  readonly abbreviationAt: (instant: bigint) => string;
}

export const UTC: Zone = { name: 'UTC', offsetAt: () => 0, abbreviationAt: () => 'UTC' };

const zones = new Map<string, Zone>();
/** There are some 600 names; anything else never gets in. */
const MOST_ZONES = 1000;

/**
 * A zone by its name in the IANA database, from the platform's own copy. `Local` is UTC: what a policy decides does not
 * depend on where its server stands.
 *
 * @throws BuiltinError for an unknown name
 */
export function zoneOf(name: string): Zone {
  if (name === '' || name === 'UTC' || name === 'Local') return UTC;
  const known = zones.get(name);
  if (known) return known;
  const zone = makeZone(name);
  if (zones.size < MOST_ZONES) zones.set(name, zone);
  return zone;
}

function makeZone(name: string): Zone {
  // The platform also takes offsets and other spellings of case, which are no names.
  if (!/^[A-Z][A-Za-z0-9_+\-/]*$/.test(name)) throw unknown();
  const offsets = formatter(name, 'en-US', 'longOffset');
  let names: readonly Intl.DateTimeFormat[] | undefined;
  const offsetAt = (instant: bigint): number => secondsOf(partOf(offsets, instant));
  const abbreviationAt = (instant: bigint): string => {
    const offset = offsetAt(instant);
    const known = ZONE_NAMES.get(name)?.get(offset);
    if (known !== undefined) return known;
    names ??= NAMING_LOCALES.map((locale) => formatter(name, locale, 'short'));
    const spoken = names.map((format) => partOf(format, instant)).find((text) => /^[A-Z]{3,5}$/.test(text));
    return spoken ?? numeric(offset);
  };
  return { name, offsetAt, abbreviationAt };
}

/** English-speaking countries abbreviate their own zones. */
const NAMING_LOCALES = ['en-US', 'en-GB', 'en-AU', 'en-IN', 'en-ZA', 'en-NZ', 'en-KE', 'en-NG'];

function formatter(timeZone: string, locale: string, timeZoneName: 'longOffset' | 'short'): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat(locale, { timeZone, timeZoneName });
  } catch {
    throw unknown();
  }
}

function unknown(): BuiltinError {
  return new BuiltinError('unknown time zone');
}

function partOf(format: Intl.DateTimeFormat, instant: bigint): string {
  const milliseconds = Number((instant - (((instant % 1_000_000n) + 1_000_000n) % 1_000_000n)) / 1_000_000n);
  return format.formatToParts(milliseconds).find(({ type }) => type === 'timeZoneName')?.value ?? '';
}

/** Of `GMT+05:30`, or `GMT` alone. */
function secondsOf(text: string): number {
  const [, sign, hours = '0', minutes = '0', seconds = '0'] =
    /^GMT(?:([+-−])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(text) ?? [];
  const absolute = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  return sign === '-' || sign === '−' ? -absolute : absolute;
}

/** Zones without a name of their own are called by their offset. */
function numeric(offset: number): string {
  const minutes = Math.floor((Math.abs(offset) % 3600) / 60);
  const hours = String(Math.floor(Math.abs(offset) / 3600)).padStart(2, '0');
  return `${offset < 0 ? '-' : '+'}${hours}${minutes === 0 ? '' : String(minutes).padStart(2, '0')}`;
}
