import { escapeQuery, parseQuery, unescapeQuery } from '../go/query.ts';
import { bytesOf, textOf } from '../value/bytes.ts';
import { objectOf } from '../value/collections.ts';
import { isMap, parseJson, toJson, writeJson, type Layout } from '../value/json.ts';
import { fromHex, toBase64Url, toHex } from '../value/radix.ts';
import { compareStrings } from '../value/compare.ts';
import { BuiltinError, onString, operands, type Family } from './builtin.ts';
import type { RegoObject } from '../value/value.ts';

export const encoding: Family = {
  'base64url.encode_no_pad': onString((text) => toBase64Url(bytesOf(text))),
  'hex.encode': onString((text) => toHex(bytesOf(text))),
  'hex.decode': onString((text) => {
    if (text.length % 2 !== 0 || /[^0-9a-fA-F]/.test(text)) throw new BuiltinError('not hexadecimal text');
    return textOf(fromHex(text));
  }),
  'urlquery.encode': onString(escapeQuery),
  'urlquery.decode': onString(unescapeQuery),
  'urlquery.encode_object': (args) => encodeObject(operands(args).object(1)),
  'urlquery.decode_object': onString((text) => objectOf(parseQuery(text))),
  'json.is_valid': ([value]) => typeof value === 'string' && parseJson(value) !== undefined,
  'json.marshal_with_options': (args) => {
    const { value, object } = operands(args);
    const layout = layoutOf(object(2));
    return layout ? layout.prefix + writeJson(toJson(value(1)), layout) : writeJson(toJson(value(1)));
  },
};

/** Keys in order, each once for every value. */
function encodeObject(object: RegoObject): string {
  const json = toJson(object);
  if (!isMap(json)) return '';
  const pairs: string[] = [];
  for (const [key, item] of [...json].sort(([a], [b]) => compareStrings(a, b))) {
    const values = Array.isArray(item) ? (item as readonly unknown[]) : [item];
    for (const value of values) {
      if (typeof value !== 'string') throw new BuiltinError('values must be strings, or arrays or sets of strings');
      pairs.push(`${escapeQuery(key)}=${escapeQuery(value)}`);
    }
  }
  return pairs.join('&');
}

/** Undefined for all on one line, which is the default unless the layout is described. */
function layoutOf(options: RegoObject): Layout | undefined {
  let prefix: string | undefined;
  let indent: string | undefined;
  let pretty: boolean | undefined;
  for (const [key, value] of options.entries) {
    if (key === 'prefix' && typeof value === 'string') prefix = value;
    else if (key === 'indent' && typeof value === 'string') indent = value;
    else if (key === 'pretty' && typeof value === 'boolean') pretty = value;
    else throw new BuiltinError('operand 2 has an unknown member or one of a wrong type');
  }
  pretty ??= (prefix ?? indent) !== undefined;
  return pretty ? { prefix: prefix ?? '', indent: indent ?? '\t', written: 0 } : undefined;
}
