import { objectOf } from '../value/collections.ts';
import { formatValue } from '../value/format.ts';
import { fromHex, toHex } from '../value/radix.ts';
import { number, type Entry } from '../value/value.ts';
import { onString, operands, type Family } from './builtin.ts';

export const uuid: Family = {
  'uuid.rfc4122': (args, { random, answers }) => {
    const key = `uuid ${formatValue(operands(args).value(1))}`;
    const known = answers.get(key) ?? randomUuid(random);
    answers.set(key, known);
    return known;
  },
  'uuid.parse': onString((text) => {
    const bytes = parse(text);
    return bytes && describe(bytes);
  }),
};

function randomUuid(random: (target: Uint8Array) => void): string {
  const bytes = new Uint8Array(16);
  random(bytes);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return toHex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** In each of the four forms: plain, `urn:uuid:`, in braces, and without dashes. */
function parse(text: string): Uint8Array | undefined {
  const inner =
    /^urn:uuid:/i.test(text) && text.length === 45 ? text.slice(9) : text.length === 38 ? text.slice(1, 37) : text;
  const dashed = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(inner);
  if (!dashed && !/^[0-9a-f]{32}$/i.test(inner)) return undefined;
  return fromHex(inner.replaceAll('-', ''));
}

function describe(bytes: Uint8Array): ReturnType<typeof objectOf> {
  const view = new DataView(bytes.buffer);
  const version = view.getUint8(6) >> 4;
  const entries: Entry[] = [
    ['version', number(version)],
    ['variant', variantOf(view.getUint8(8))],
  ];
  if (version === 1 || version === 2) entries.push(...timeBased(view, bytes));
  if (version === 2) {
    const domain = view.getUint8(9);
    entries.push(
      ['id', number(view.getUint32(0))],
      ['domain', ['Person', 'Group', 'Org'][domain] ?? `Domain${domain}`],
    );
  }
  return objectOf(entries);
}

function variantOf(byte: number): string {
  if ((byte & 0xc0) === 0x80) return 'RFC4122';
  if ((byte & 0xe0) === 0xc0) return 'Microsoft';
  return (byte & 0xe0) === 0xe0 ? 'Future' : 'Reserved';
}

/** From 15 October 1582, in units of 100 ns. */
const EPOCH = 0x01b2_1dd2_1381_4000n;

function timeBased(view: DataView, bytes: Uint8Array): Entry[] {
  const time =
    BigInt(view.getUint32(0)) | (BigInt(view.getUint16(4)) << 32n) | (BigInt(view.getUint16(6) & 0xfff) << 48n);
  const node = [...bytes.subarray(10)].map((byte) => byte.toString(16).padStart(2, '0'));
  return [
    ['time', number(BigInt.asIntN(64, (time - EPOCH) * 100n))],
    ['nodeid', node.join('-')],
    ['macvariables', macVariables(bytes[10] ?? 0)],
    ['clocksequence', number(view.getUint16(8) & 0x3fff)],
  ];
}

function macVariables(byte: number): string {
  return `${byte & 2 ? 'local' : 'global'}:${byte & 1 ? 'multicast' : 'unicast'}`;
}
