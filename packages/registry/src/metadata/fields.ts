import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import { refuse, type Place } from './yaml.ts';

/** Places that one reading may visit. A list of aliases to lists has more of them than the file has characters. */
const MAX_PLACES = 100_000;

function child(parent: Place, node: unknown, field: string): Place {
  const { reading } = parent;
  reading.places += 1;
  const resolved = isAlias(node) ? node.resolve(reading.document) : node;
  return { reading, node: resolved, field, offset: offsetOf(node) ?? parent.offset };
}

function offsetOf(node: unknown): number | undefined {
  return isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? node.range?.[0] : undefined;
}

function overBudget(place: Place): boolean {
  if (place.reading.places <= MAX_PLACES) return false;
  // Once is enough: the message would otherwise repeat for every sibling.
  if (place.reading.places < Number.MAX_SAFE_INTEGER) refuse(place, 'the aliases repeat too much of the document');
  place.reading.places = Number.MAX_SAFE_INTEGER;
  return true;
}

/** True for a field that is there but says nothing: `null`, `~`, or no value. */
export function isNothing(place: Place | undefined): place is undefined {
  return place === undefined || place.node === null || (isScalar(place.node) && place.node.value === null);
}

/** The fields of a mapping. With `known`, any other field is a problem. */
export function fieldsOf(place: Place, known?: readonly string[]): ReadonlyMap<string, Place> | undefined {
  if (!isMap(place.node)) return refuse(place, `expected a mapping, found ${describe(place)}`);
  const fields = new Map<string, Place>();
  for (const pair of place.node.items) {
    if (overBudget(place)) return undefined;
    const at = child(place, pair.key, place.field);
    const name = isScalar(at.node) ? scalarText(at.node.source, at.node.value) : undefined;
    if (name === undefined) {
      refuse(at, 'expected a string as key');
      continue;
    }
    const field = place.field === '' ? name : `${place.field}.${name}`;
    if (known !== undefined && !known.includes(name)) {
      refuse(
        { ...at, field },
        `unknown field \`${name}\`, expected one of ${known.map((it) => `\`${it}\``).join(', ')}`,
      );
      continue;
    }
    if (fields.has(name)) refuse({ ...at, field }, 'expected each key once, found it again');
    fields.set(name, child(at, pair.value, field));
  }
  return fields;
}

/** The items of a list. */
export function itemsOf(place: Place): readonly Place[] | undefined {
  if (!isSeq(place.node)) return refuse(place, `expected a list, found ${describe(place)}`);
  const items: Place[] = [];
  for (const [index, item] of place.node.items.entries()) {
    if (overBudget(place)) return undefined;
    items.push(child(place, item, `${place.field}[${index}]`));
  }
  return items;
}

/** A string. A plain number or boolean counts as the text that stands in the file. */
export function textOf(place: Place): string | undefined {
  if (overBudget(place)) return undefined;
  const text = isScalar(place.node) ? scalarText(place.node.source, place.node.value) : undefined;
  return text ?? refuse(place, `expected a string, found ${describe(place)}`);
}

function scalarText(source: string | undefined, value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint'
    ? (source ?? String(value))
    : undefined;
}

/** `true` or `false`. */
export function booleanOf(place: Place): boolean | undefined {
  if (isScalar(place.node) && typeof place.node.value === 'boolean') return place.node.value;
  return refuse(place, `expected true or false, found ${describe(place)}`);
}

/** A whole number in a range. */
export function integerOf(place: Place, minimum: number, maximum: number): number | undefined {
  const value = isScalar(place.node) ? place.node.value : undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= minimum && value <= maximum) return value;
  return refuse(place, `expected a whole number from ${minimum} to ${maximum}, found ${describe(place)}`);
}

/** One of a few words. */
export function choiceOf<const T extends string>(place: Place, choices: readonly T[]): T | undefined {
  const value = isScalar(place.node) ? place.node.value : undefined;
  const found = choices.find((choice) => choice === value);
  return found ?? refuse(place, `expected one of ${choices.join(', ')}, found ${describe(place)}`);
}

/** A mapping from strings to strings. */
export function stringMapOf(place: Place): Readonly<Record<string, string>> | undefined {
  const fields = fieldsOf(place);
  if (fields === undefined) return undefined;
  const entries: [string, string][] = [];
  for (const [name, value] of fields) {
    const text = textOf(value);
    if (text !== undefined) entries.push([name, text]);
  }
  return Object.fromEntries(entries);
}

/** A field that must be there; its absence is reported where the mapping begins. */
export function requiredField(parent: Place, fields: ReadonlyMap<string, Place>, name: string): Place | undefined {
  const found = fields.get(name);
  if (found !== undefined && !isNothing(found)) return found;
  const field = parent.field === '' ? name : `${parent.field}.${name}`;
  return refuse({ ...(found ?? parent), field }, `missing field \`${name}\``);
}

const MAX_SHOWN = 40;

function describe({ node }: Place): string {
  if (isMap(node)) return 'a mapping';
  if (isSeq(node)) return 'a list';
  if (!isScalar(node) || node.value === null) return 'nothing';
  const text = scalarText(node.source, node.value) ?? 'another value';
  return JSON.stringify(text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text);
}
