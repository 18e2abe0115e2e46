import type { Value } from '../value.ts';

interface At {
  /** Where the node starts in the source, in UTF-16 units. */
  readonly at: number;
}

export type Macro =
  | 'all'
  | 'exists'
  | 'exists_one'
  | 'map'
  | 'filter'
  | 'transformList'
  | 'transformMap'
  | 'transformMapEntry';

/** A loop over a list or a map. `body` is the predicate or the transformation; `where` filters what is transformed. */
export interface Comprehension extends At {
  readonly kind: 'comprehension';
  readonly macro: Macro;
  readonly range: Expression;
  readonly variables: readonly [string] | readonly [string, string];
  readonly where: Expression | undefined;
  readonly body: Expression;
}

export interface Call extends At {
  readonly kind: 'call';
  /** The function, or an operator in the notation of the language's definition: `_+_`, `!_`, `@in`. */
  readonly name: string;
  readonly target: Expression | undefined;
  readonly args: readonly Expression[];
}

export interface Select extends At {
  readonly kind: 'select';
  readonly operand: Expression;
  readonly field: string;
  /** `a.?b` */
  readonly optional: boolean;
}

/**
 * An expression as it was written, macros recognised but not expanded: a checker's message, a printed form and the
 * evaluator all want the macro rather than the fold it stands for.
 */
export type Expression =
  | (At & { readonly kind: 'literal'; readonly value: Value })
  | (At & { readonly kind: 'identifier'; readonly name: string })
  | Select
  | (At & { readonly kind: 'has'; readonly operand: Expression; readonly field: string })
  | (At & {
      readonly kind: 'index';
      readonly operand: Expression;
      readonly index: Expression;
      readonly optional: boolean;
    })
  | Call
  /** Operands of one run of the same operator; at least two. Flat, so that long runs are not deep. */
  | (At & { readonly kind: 'logic'; readonly operator: '&&' | '||'; readonly operands: readonly Expression[] })
  | (At & {
      readonly kind: 'conditional';
      readonly condition: Expression;
      readonly whenTrue: Expression;
      readonly whenFalse: Expression;
    })
  | (At & { readonly kind: 'list'; readonly elements: readonly ListElement[] })
  | (At & { readonly kind: 'map'; readonly entries: readonly MapEntry[] })
  | (At & { readonly kind: 'message'; readonly name: string; readonly fields: readonly MessageField[] })
  | (At & { readonly kind: 'bind'; readonly name: string; readonly value: Expression; readonly body: Expression })
  | (At & {
      readonly kind: 'optional-map';
      readonly macro: 'optMap' | 'optFlatMap';
      readonly operand: Expression;
      readonly name: string;
      readonly body: Expression;
    })
  | Comprehension;

export interface ListElement {
  readonly value: Expression;
  readonly optional: boolean;
}

export interface MapEntry {
  readonly key: Expression;
  readonly value: Expression;
  readonly optional: boolean;
}

export interface MessageField {
  readonly field: string;
  readonly value: Expression;
  readonly optional: boolean;
}
