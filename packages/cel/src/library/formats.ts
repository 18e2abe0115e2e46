import { listOf, objectType, optionalOf, STRING } from '../types.ts';
import { CelError } from '../error.ts';
import { Opaque, Optional } from '../value.ts';
import { free, method, type Overload } from './define.ts';
import { parseTimestamp } from './time.ts';

const FORMAT = objectType('kubernetes.NamedFormat');

const LABEL = '[a-z0-9](?:[-a-z0-9]*[a-z0-9])?';
const QUALIFIED = '[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?';

/** Kubernetes' named formats: what the whole text must look like, and its longest length. Patterns have no ambiguity. */
const FORMATS: Readonly<Record<string, { readonly pattern: RegExp; readonly longest: number }>> = {
  dns1123Label: { pattern: new RegExp(`^${LABEL}$`), longest: 63 },
  dns1123Subdomain: { pattern: new RegExp(`^${LABEL}(?:\\.${LABEL})*$`), longest: 253 },
  dns1035Label: { pattern: /^[a-z](?:[-a-z0-9]*[a-z0-9])?$/, longest: 63 },
  qualifiedName: { pattern: new RegExp(`^(?:${LABEL}(?:\\.${LABEL})*/)?${QUALIFIED}$`), longest: 317 },
  labelValue: { pattern: new RegExp(`^(?:${QUALIFIED})?$`), longest: 63 },
  uuid: { pattern: /^[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}$/, longest: 36 },
  date: { pattern: /^\d{4}-\d\d-\d\d$/, longest: 10 },
  datetime: { pattern: /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/, longest: 64 },
};

function named(name: string): Optional {
  return Object.hasOwn(FORMATS, name) ? new Optional(new Opaque(FORMAT, name, FORMATS[name])) : Optional.NONE;
}

/** Months have at most 31 days, which a pattern does not see. */
function isRealTime(format: string, text: string): boolean {
  if (format === 'datetime') return !(parseTimestamp(text) instanceof CelError);
  return format !== 'date' || !(parseTimestamp(`${text}T00:00:00Z`) instanceof CelError);
}

function validate(format: Opaque, text: string): Optional {
  const rule = FORMATS[format.text];
  const fits =
    rule !== undefined && text.length <= rule.longest && rule.pattern.test(text) && isRealTime(format.text, text);
  return fits ? Optional.NONE : new Optional([`not a ${format.text}`]);
}

export const NAMED_FORMATS: Readonly<Record<string, readonly Overload[]>> = {
  'format.named': [free([STRING], optionalOf(FORMAT), ([name]) => named(name))],
  validate: [method([FORMAT, STRING], optionalOf(listOf(STRING)), ([format, text]) => validate(format, text))],
  ...Object.fromEntries(
    Object.entries(FORMATS).map(([name, rule]) => [
      `format.${name}`,
      [free([], FORMAT, () => new Opaque(FORMAT, name, rule))],
    ]),
  ),
};
