import type { Environment } from '../environment.ts';
import type { Overload } from '../library/define.ts';
import type { Call, Comprehension, Expression, Select } from '../syntax/ast.ts';
import { qualifiedName } from '../syntax/parser.ts';
import { BOOL, DYN, formatType, INT, listOf, mapOf, optionalOf, STRING, typeType, type Type } from '../types.ts';
import { typeOf, TypeValue } from '../value.ts';
import { checkLiterals } from './literals.ts';
import { TYPE_NAMES } from './type-names.ts';
import { Unifier } from './unify.ts';

/** What the checker found out about a node and the evaluator needs: the function or the type that a dotted name means. */
export type Meaning =
  | { readonly kind: 'function'; readonly name: string }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'type'; readonly value: TypeValue };

export interface CheckProblem {
  readonly message: string;
  readonly at: number;
}

export interface Checked {
  readonly type: Type;
  readonly meanings: ReadonlyMap<Expression, Meaning>;
  readonly problems: readonly CheckProblem[];
}

/** Problems reported for one expression; a text that is wrong everywhere needs no more. */
const MAX_PROBLEMS = 20;

/** Finds the type of an expression and everything that can't work (cel-spec, "Gradual Type Checking"). */
export function check(expression: Expression, environment: Environment): Checked {
  const checker = new Checker(environment);
  const type = checker.unifier.substitute(checker.typeOf(expression, undefined));
  return { type, meanings: checker.meanings, problems: checker.problems };
}

interface Scope {
  readonly name: string;
  readonly type: Type;
  readonly outer: Scope | undefined;
}

class Checker {
  readonly unifier = new Unifier();
  readonly meanings = new Map<Expression, Meaning>();
  readonly problems: CheckProblem[] = [];
  readonly #environment: Environment;
  /** Lists whose elements may have several types: the arguments of a format. */
  readonly #mixed = new Set<Expression>();

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  typeOf(node: Expression, scope: Scope | undefined): Type {
    switch (node.kind) {
      case 'literal':
        return typeOf(node.value);
      case 'identifier':
        return (
          this.#identifier(node, node.name, scope) ?? this.#problem(node, `undeclared reference to '${node.name}'`)
        );
      case 'select':
        return this.#select(node, scope);
      case 'has': {
        this.#field(node, this.typeOf(node.operand, scope), node.field);
        return this.#operator('has', BOOL, node);
      }
      case 'index':
        return this.#index(node, this.typeOf(node.operand, scope), this.typeOf(node.index, scope), node.optional);
      case 'call':
        return this.#call(node, scope);
      case 'logic': {
        for (const operand of node.operands) this.#want(BOOL, operand, scope);
        return this.#operator(node.operator, BOOL, node);
      }
      case 'conditional':
        return this.#conditional(node, scope);
      case 'list':
        return this.#list(node, scope);
      case 'map':
        return this.#map(node, scope);
      case 'message':
        return this.#problem(node, `undeclared type '${node.name}'`);
      case 'bind': {
        this.#operator('cel.bind', DYN, node);
        const type = this.typeOf(node.value, scope);
        return this.typeOf(node.body, { name: node.name, type, outer: scope });
      }
      case 'optional-map':
        return this.#optionalMap(node, scope);
      case 'comprehension':
        return this.#comprehension(node, scope);
    }
  }

  #problem(node: Expression, message: string): Type {
    if (this.problems.length < MAX_PROBLEMS) this.problems.push({ message, at: node.at });
    return DYN;
  }

  /** Small environments leave out whole constructs of the language. */
  #operator(name: string, result: Type, node: Expression): Type {
    return this.#environment.constructs.has(name) ? result : this.#problem(node, `'${name}' is not available here`);
  }

  #want(wanted: Type, node: Expression, scope: Scope | undefined): void {
    const given = this.typeOf(node, scope);
    if (!this.unifier.assignable(wanted, given)) {
      this.#problem(node, `expected ${this.#show(wanted)}, found ${this.#show(given)}`);
    }
  }

  #show(type: Type): string {
    return formatType(this.unifier.substitute(type));
  }

  #identifier(node: Expression, name: string, scope: Scope | undefined): Type | undefined {
    for (let inner = scope; inner !== undefined; inner = inner.outer) if (inner.name === name) return inner.type;
    return this.#global(node, name);
  }

  #global(node: Expression, dotted: string): Type | undefined {
    const name = dotted.startsWith('.') ? dotted.slice(1) : dotted;
    const variable = this.#environment.variables.get(name);
    if (variable !== undefined) {
      this.meanings.set(node, { kind: 'variable', name });
      return variable;
    }
    const type = this.#environment.constructs.has('types') ? TYPE_NAMES.get(name) : undefined;
    if (type === undefined) return undefined;
    this.meanings.set(node, { kind: 'type', value: new TypeValue(name) });
    return typeType(type);
  }

  #isLocal(name: string, scope: Scope | undefined): boolean {
    for (let inner = scope; inner !== undefined; inner = inner.outer) if (inner.name === name) return true;
    return false;
  }

  #select(node: Select, scope: Scope | undefined): Type {
    const dotted = qualifiedName(node);
    const root = dotted?.split('.')[0] ?? '';
    if (dotted !== undefined && !this.#isLocal(root, scope)) {
      const known = this.#global(node, dotted);
      if (known !== undefined) return known;
    }
    const operand = this.typeOf(node.operand, scope);
    const field = this.#field(node, operand, node.field);
    return node.optional && this.unifier.resolve(operand).kind !== 'optional' ? optionalOf(field) : field;
  }

  #field(node: Expression, operand: Type, field: string): Type {
    const type = this.unifier.resolve(operand);
    if (!this.#environment.constructs.has('select')) return this.#problem(node, 'fields are not available here');
    if (type.kind === 'dyn' || type.kind === 'parameter') return DYN;
    if (type.kind === 'map') {
      const isText = this.unifier.assignable(type.key, STRING);
      return isText ? type.value : this.#problem(node, 'the keys of this map are no fields');
    }
    if (type.kind === 'optional') {
      const inner = this.#field(node, type.of, field);
      return this.unifier.resolve(inner).kind === 'optional' ? inner : optionalOf(inner);
    }
    if (type.kind !== 'object') return this.#problem(node, `${this.#show(type)} has no fields`);
    const found = Object.hasOwn(type.fields, field) ? type.fields[field] : undefined;
    return found ?? this.#problem(node, `undefined field '${field}' of ${type.name}`);
  }

  #index(node: Expression, operand: Type, index: Type, optional: boolean): Type {
    const type = this.unifier.resolve(operand);
    this.#operator('index', DYN, node);
    if (type.kind === 'optional') return optionalOf(this.#index(node, type.of, index, false));
    const wanted = type.kind === 'list' ? INT : type.kind === 'map' ? type.key : DYN;
    const isIndexable = type.kind === 'list' || type.kind === 'map' || type.kind === 'dyn' || type.kind === 'parameter';
    if (!isIndexable || !this.unifier.assignable(wanted, index)) {
      return this.#problem(node, `${this.#show(type)} has no index of type ${this.#show(index)}`);
    }
    const element = type.kind === 'list' ? type.element : type.kind === 'map' ? type.value : DYN;
    return optional ? optionalOf(element) : element;
  }

  #call(node: Call, scope: Scope | undefined): Type {
    const { target, args, name } = node;
    if (name === 'format' && args[0] !== undefined) this.#mixed.add(args[0]);
    const prefix = target === undefined ? undefined : qualifiedName(target);
    const isFree = prefix !== undefined && !this.#isLocal(prefix.split('.')[0] ?? '', scope);
    const qualified = isFree ? `${prefix}.${name}` : name;
    const plain = qualified.startsWith('.') ? qualified.slice(1) : qualified;
    if (
      (target === undefined || isFree) &&
      this.#environment.functions.has(plain) &&
      (target === undefined || plain !== name)
    ) {
      this.meanings.set(node, { kind: 'function', name: plain });
      return this.#overload(
        node,
        plain,
        false,
        args.map((arg) => this.typeOf(arg, scope)),
      );
    }
    const given = (target === undefined ? args : [target, ...args]).map((arg) => this.typeOf(arg, scope));
    if (!this.#environment.functions.has(name)) return this.#problem(node, `undeclared reference to '${name}'`);
    return this.#overload(node, name, target !== undefined, given);
  }

  #overload(node: Expression, name: string, isMethod: boolean, given: readonly Type[]): Type {
    const candidates = (this.#environment.functions.get(name) ?? []).filter(
      (overload) => overload.method === isMethod && overload.parameters.length === given.length,
    );
    this.#literals(node, name);
    const fitting = candidates.filter((overload) =>
      this.unifier.attempt(() => this.#apply(overload, given) !== undefined),
    );
    const [first] = fitting;
    if (first === undefined) {
      const shown = given.map((type) => this.#show(type));
      const signature = isMethod ? `${shown[0]}.(${shown.slice(1).join(', ')})` : `(${shown.join(', ')})`;
      return this.#problem(node, `no overload of '${name}' takes ${signature}`);
    }
    if (fitting.length === 1) return this.#apply(first, given) ?? DYN;
    const results = fitting.map((overload) =>
      this.unifier.attempt(() => this.unifier.substitute(this.#apply(overload, given) ?? DYN)),
    );
    const same = results.every((result) => formatType(result) === formatType(results[0] ?? DYN));
    return same ? (results[0] ?? DYN) : DYN;
  }

  #literals(node: Expression, name: string): void {
    if (node.kind !== 'call' || !this.#environment.constructs.has('checked-literals')) return;
    const problem = checkLiterals(node, name);
    if (problem !== undefined) this.#problem(node, problem);
  }

  #apply({ parameters, result }: Overload, given: readonly Type[]): Type | undefined {
    const [own = DYN, ...wanted] = this.unifier.instantiate([result, ...parameters]);
    return wanted.every((type, index) => this.unifier.assignable(type, given[index] ?? DYN)) ? own : undefined;
  }

  #conditional(node: Extract<Expression, { kind: 'conditional' }>, scope: Scope | undefined): Type {
    this.#want(BOOL, node.condition, scope);
    const then = this.typeOf(node.whenTrue, scope);
    const otherwise = this.typeOf(node.whenFalse, scope);
    if (!this.unifier.assignable(then, otherwise)) {
      return this.#problem(node, `the branches are ${this.#show(then)} and ${this.#show(otherwise)}`);
    }
    return this.#operator('?:', this.#general(then, otherwise), node);
  }

  /** The type that says less, of two that fit each other. */
  #general(a: Type, b: Type): Type {
    const [left, right] = [this.unifier.resolve(a), this.unifier.resolve(b)];
    return left.kind === 'null' || right.kind === 'dyn' ? right : left;
  }

  #join(node: Expression, types: readonly Type[]): Type {
    const [first = this.unifier.unknown(), ...rest] = types;
    let joined = first;
    for (const type of rest) {
      if (
        !this.#mixed.has(node) &&
        this.#environment.constructs.has('one-type') &&
        this.#show(first) !== this.#show(type)
      ) {
        return this.#problem(node, `expected ${this.#show(first)} as before, found ${this.#show(type)}`);
      }
      if (!this.unifier.assignable(joined, type)) return DYN;
      joined = this.#general(joined, type);
    }
    return joined;
  }

  #unwrap(node: Expression, scope: Scope | undefined, optional: boolean): Type {
    const type = this.typeOf(node, scope);
    if (!optional) return type;
    const of = this.unifier.unknown();
    return this.unifier.assignable(optionalOf(of), type) ? of : this.#problem(node, 'expected an optional after ?');
  }

  #list(node: Extract<Expression, { kind: 'list' }>, scope: Scope | undefined): Type {
    const elements = node.elements.map(({ value, optional }) => this.#unwrap(value, scope, optional));
    return this.#operator('list', listOf(this.#join(node, elements)), node);
  }

  #map(node: Extract<Expression, { kind: 'map' }>, scope: Scope | undefined): Type {
    const keys = node.entries.map(({ key }) => this.typeOf(key, scope));
    const values = node.entries.map(({ value, optional }) => this.#unwrap(value, scope, optional));
    return this.#operator('map', mapOf(this.#join(node, keys), this.#join(node, values)), node);
  }

  #optionalMap(node: Extract<Expression, { kind: 'optional-map' }>, scope: Scope | undefined): Type {
    const of = this.unifier.unknown();
    this.#want(optionalOf(of), node.operand, scope);
    const body = this.typeOf(node.body, { name: node.name, type: of, outer: scope });
    if (node.macro === 'optMap') return optionalOf(body);
    const inner = optionalOf(this.unifier.unknown());
    return this.unifier.assignable(inner, body) ? body : this.#problem(node.body, 'optFlatMap() wants an optional');
  }

  #comprehension(node: Comprehension, outer: Scope | undefined): Type {
    const range = this.unifier.resolve(this.typeOf(node.range, outer));
    const [key, value] = this.#elementTypes(node, range);
    const [first, second] = node.variables;
    const scope =
      second === undefined
        ? { name: first, type: range.kind === 'map' ? key : value, outer }
        : { name: second, type: value, outer: { name: first, type: key, outer } };
    if (node.where !== undefined) this.#want(BOOL, node.where, scope);
    switch (node.macro) {
      case 'all':
      case 'exists':
      case 'exists_one':
        this.#want(BOOL, node.body, scope);
        return BOOL;
      case 'filter':
        this.#want(BOOL, node.body, scope);
        return listOf(scope.type);
      case 'map':
      case 'transformList':
        return listOf(this.typeOf(node.body, scope));
      case 'transformMap':
        return mapOf(key, this.typeOf(node.body, scope));
      case 'transformMapEntry':
        return this.#entry(node.body, scope);
    }
  }

  #entry(body: Expression, scope: Scope): Type {
    const map = mapOf(this.unifier.unknown(), this.unifier.unknown());
    this.#want(map, body, scope);
    return map;
  }

  #elementTypes(node: Comprehension, range: Type): readonly [Type, Type] {
    if (range.kind === 'list') return [INT, range.element];
    if (range.kind === 'map') return [range.key, range.value];
    if (range.kind !== 'dyn' && range.kind !== 'parameter') {
      this.#problem(node.range, `${this.#show(range)} can't be the range of a macro`);
    }
    return [DYN, DYN];
  }
}
