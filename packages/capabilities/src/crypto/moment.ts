/** RFC 3339, section 5.6; a leap second counts as the one before. */
const FORMAT = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.\d+)?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;

/** Reads a timestamp of RFC 3339 to the second; undefined if it is none. */
export function parseMoment(text: string): Date | undefined {
  const [, year, month, day, hour, minute, second, sign, offsetHour = '0', offsetMinute = '0'] =
    FORMAT.exec(text) ?? [];
  if (year === undefined) return undefined;
  const parts = [year, month, day, hour, minute, second].map(Number);
  const [y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0] = parts;
  if (h > 23 || mi > 59 || s > 60 || Number(offsetHour) > 23 || Number(offsetMinute) > 59) return undefined;
  const local = new Date(0);
  local.setUTCFullYear(y, mo - 1, d);
  if (local.getUTCMonth() !== mo - 1 || local.getUTCDate() !== d) return undefined;
  local.setUTCHours(h, mi, Math.min(s, 59));
  const offsetMs = (Number(offsetHour) * 60 + Number(offsetMinute)) * 60_000;
  return new Date(local.getTime() + (sign === '+' ? -offsetMs : offsetMs));
}
