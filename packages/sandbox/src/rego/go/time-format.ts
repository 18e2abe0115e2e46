import { civilOf, weekdayOf, yearDayOf, type Civil } from './calendar.ts';
import { MONTHS, tokens, WEEKDAYS, type Field } from './layout.ts';
import type { Zone } from './zone.ts';

/** What the clocks of a zone show at an instant. */
export function civilIn(instant: bigint, zone: Zone): Civil {
  return civilOf(instant + BigInt(zone.offsetAt(instant)) * 1_000_000_000n);
}

/** `time.Time.Format`. */
export function formatTime(instant: bigint, zone: Zone, layout: string): string {
  const civil = civilIn(instant, zone);
  return tokens(layout)
    .map((token) => {
      if (token.kind === 'text') return token.text;
      if (token.kind === 'field') return formatField(token.field, civil, instant, zone);
      const digits = String(civil.nanosecond).padStart(9, '0').slice(0, token.digits).padEnd(token.digits, '0');
      const shown = token.trimmed ? digits.replace(/0+$/, '') : digits;
      return shown === '' ? '' : token.separator + shown;
    })
    .join('');
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

function formatField(field: Field, civil: Civil, instant: bigint, zone: Zone): string {
  const { year, month, day, hour, minute, second } = civil;
  const hour12 = hour % 12 || 12;
  switch (field) {
    case '2006':
      return year < 0 ? `-${String(-year).padStart(4, '0')}` : String(year).padStart(4, '0');
    case '06':
      return two(((year % 100) + 100) % 100);
    case 'January':
      return MONTHS[month - 1] ?? '';
    case 'Jan':
      return (MONTHS[month - 1] ?? '').slice(0, 3);
    case '01':
      return two(month);
    case '1':
      return String(month);
    case 'Monday':
      return WEEKDAYS[weekdayOf(civil)] ?? '';
    case 'Mon':
      return (WEEKDAYS[weekdayOf(civil)] ?? '').slice(0, 3);
    case '02':
      return two(day);
    case '_2':
      return String(day).padStart(2, ' ');
    case '2':
      return String(day);
    case '002':
      return String(yearDayOf(civil)).padStart(3, '0');
    case '__2':
      return String(yearDayOf(civil)).padStart(3, ' ');
    case '15':
      return two(hour);
    case '03':
      return two(hour12);
    case '3':
      return String(hour12);
    case '04':
      return two(minute);
    case '4':
      return String(minute);
    case '05':
      return two(second);
    case '5':
      return String(second);
    case 'PM':
      return hour < 12 ? 'AM' : 'PM';
    case 'pm':
      return hour < 12 ? 'am' : 'pm';
    case 'MST':
      return zone.abbreviationAt(instant);
    case '-07':
    case '-0700':
    case '-070000':
    case '-07:00':
    case '-07:00:00':
    case 'Z07':
    case 'Z0700':
    case 'Z070000':
    case 'Z07:00':
    case 'Z07:00:00':
      return formatOffset(field, zone.offsetAt(instant));
  }
}

function formatOffset(field: string, offset: number): string {
  if (field.startsWith('Z') && offset === 0) return 'Z';
  const absolute = Math.abs(offset);
  const [hours, minutes, seconds] = [absolute / 3600, (absolute % 3600) / 60, absolute % 60].map((part) =>
    two(Math.floor(part)),
  );
  const colon = field.includes(':') ? ':' : '';
  const parts = [hours, minutes, seconds].slice(0, (field.replaceAll(':', '').length - 1) / 2);
  return (offset < 0 ? '-' : '+') + parts.join(colon);
}
