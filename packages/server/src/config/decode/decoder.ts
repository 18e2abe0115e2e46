import type { Problem } from '../problem.ts';
import { describeNode, problemAt, type Source, type SourceNode } from './node.ts';

/** A JSON Schema (draft 2020-12), or a part of one. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/** What a decoder needs to know of the place it decodes. */
export interface Context {
  readonly source: Source;
  /** The JSON path of the node, such as `modules[1].name`; empty for the root. */
  readonly path: string;
  /** Accepts what the original accepted: unknown fields, keys in any case, repeated keys, rules that never match. */
  readonly lenient: boolean;
  readonly report: (problem: Problem) => void;
  readonly warn: (problem: Problem) => void;
}

/** Stands for a value that could not be decoded; whoever returns it has reported why. */
export const INVALID: unique symbol = Symbol('invalid');
export type Decoded<T> = T | typeof INVALID;

/**
 * Turns a node into a value. A decoder goes on after a problem, so that all of them are reported at once, and
 * carries the JSON Schema of what it accepts when it is not lenient.
 */
export interface Decoder<T> {
  readonly schema: JsonSchema;
  readonly decode: (node: SourceNode, context: Context) => Decoded<T>;
}

/** The type of the values of a decoder. */
export type DecodedBy<D> = D extends Decoder<infer T> ? T : never;

/** Reports a problem with a node and returns INVALID. */
export function refuse(node: SourceNode, context: Context, message: string): typeof INVALID {
  context.report(problemAt(context.source, node.offset, context.path, message));
  return INVALID;
}

/** Reports that a node is not what was expected, and returns INVALID. */
export function expected(what: string, node: SourceNode, context: Context): typeof INVALID {
  return refuse(node, context, `expected ${what}, found ${describeNode(node)}`);
}

/** The same context, and whether anything has been reported through it. */
export function watched(context: Context): { readonly context: Context; readonly refused: () => boolean } {
  let refused = false;
  const report: Context['report'] = (problem) => {
    refused = true;
    context.report(problem);
  };
  return { context: { ...context, report }, refused: () => refused };
}

/** Adds a warning about a node. */
export function warn(node: SourceNode, context: Context, message: string): void {
  context.warn(problemAt(context.source, node.offset, context.path, message));
}

/** The same decoder with a description in its schema. */
export function described<T>(description: string, decoder: Decoder<T>): Decoder<T> {
  return { schema: { ...decoder.schema, description }, decode: decoder.decode };
}

/** Goes on with a decoded value; `then` may report, warn and return INVALID. */
export function transformed<T, U>(
  decoder: Decoder<T>,
  then: (value: T, node: SourceNode, context: Context) => Decoded<U>,
  schema: JsonSchema = {},
): Decoder<U> {
  return {
    schema: { ...decoder.schema, ...schema },
    decode(node, context) {
      const value = decoder.decode(node, context);
      return value === INVALID ? INVALID : then(value, node, context);
    },
  };
}

/** A check that the original did not make, so a lenient reader skips it. Only its problems count. */
export function strictly<T>(
  decoder: Decoder<T>,
  check: (value: T, node: SourceNode, context: Context) => void,
  schema: JsonSchema = {},
): Decoder<T> {
  const then = (value: T, node: SourceNode, context: Context): T => {
    if (!context.lenient) check(value, node, context);
    return value;
  };
  return transformed(decoder, then, schema);
}
