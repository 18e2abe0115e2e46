/** Dates of the proleptic Gregorian calendar, counted without the limits of JavaScript's Date. */

export interface Civil {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly nanosecond: number;
}

const NS = 1_000_000_000n;
const DAY = 86_400n;

/** Days since 1970, by Howard Hinnant's algorithm: eras of 400 years have the same length. */
export function daysOf(year: number, month: number, day: number): number {
  const monthIndex = month - 1;
  const y = year + Math.floor(monthIndex / 12) - (((monthIndex % 12) + 12) % 12 < 2 ? 1 : 0);
  const m = (((monthIndex % 12) + 12) % 12) + 1;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (m + (m > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function dateOf(days: number): Pick<Civil, 'year' | 'month' | 'day'> {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

/** Nanoseconds since 1970 of a date that may be out of its ranges: month 13 is January of the next year. */
export function instantOf(civil: Civil): bigint {
  const days = BigInt(daysOf(civil.year, civil.month, civil.day));
  const seconds = days * DAY + BigInt(civil.hour * 3600 + civil.minute * 60 + civil.second);
  return seconds * NS + BigInt(civil.nanosecond);
}

export function civilOf(instant: bigint): Civil {
  const nanosecond = ((instant % NS) + NS) % NS;
  const seconds = (instant - nanosecond) / NS;
  const ofDay = Number(((seconds % DAY) + DAY) % DAY);
  const days = Number((seconds - BigInt(ofDay)) / DAY);
  return {
    ...dateOf(days),
    hour: Math.floor(ofDay / 3600),
    minute: Math.floor((ofDay % 3600) / 60),
    second: ofDay % 60,
    nanosecond: Number(nanosecond),
  };
}

/** From 0 for Sunday. */
export function weekdayOf({ year, month, day }: Civil): number {
  return (((daysOf(year, month, day) + 4) % 7) + 7) % 7;
}

export function yearDayOf({ year, month, day }: Civil): number {
  return daysOf(year, month, day) - daysOf(year, 1, 1) + 1;
}

export function daysIn(year: number, month: number): number {
  return daysOf(year, month + 1, 1) - daysOf(year, month, 1);
}
