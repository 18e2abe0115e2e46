import { namedEntries } from './collections.ts';
import { INVALID, refuse, watched, type Context, type Decoded, type Decoder } from './decoder.ts';
import { describeNode, type ScalarNode, type SourceNode } from './node.ts';
import { childPath, itemPath } from './path.ts';

/**
 * Any value, as compact JSON text. Integers keep all their digits, keys their order; unpaired surrogates become
 * U+FFFD. What JSON can't express (NaN, infinity, keys that are no strings) is a problem. Messages show no strings.
 */
export const json: Decoder<string> = { schema: {}, decode: jsonText };

function jsonText(node: SourceNode, context: Context): Decoded<string> {
  if (node.kind === 'scalar') return scalarText(node, context);
  return node.kind === 'list'
    ? joined(
        '[',
        node.items.map((item, index) => jsonText(item, at(context, itemPath(context.path, index)))),
        ']',
      )
    : joined('{', memberTexts(node, context), '}');
}

function memberTexts(node: Extract<SourceNode, { kind: 'map' }>, context: Context): Decoded<string>[] {
  // A key that is refused invalidates the whole, although it leaves no entry behind.
  const keys = watched(context);
  const members = namedEntries(node, keys.context).map(({ name, value }) => {
    const text = jsonText(value, at(context, childPath(context.path, name)));
    return text === INVALID ? INVALID : `${stringText(name)}:${text}`;
  });
  return keys.refused() ? [INVALID] : members;
}

function joined(open: string, parts: readonly Decoded<string>[], close: string): Decoded<string> {
  return parts.includes(INVALID) ? INVALID : open + parts.join(',') + close;
}

function at(context: Context, path: string): Context {
  return { ...context, path };
}

function scalarText(node: ScalarNode, context: Context): Decoded<string> {
  const { value } = node;
  if (typeof value === 'string') return stringText(value);
  if (typeof value === 'number' && !Number.isFinite(value)) {
    return refuse(node, context, `expected a value that JSON can express, found ${describeNode(node)}`);
  }
  return typeof value === 'bigint' ? String(value) : JSON.stringify(value);
}

function stringText(text: string): string {
  return JSON.stringify(text.toWellFormed());
}
