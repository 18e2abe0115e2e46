import { DYN, type Type } from '../types.ts';

/** What is known about type parameters while one expression is checked. */
export class Unifier {
  readonly #bindings = new Map<string, Type>();
  /** Names in the order in which they were bound, so that a trial can be undone without a copy of everything. */
  readonly #trail: string[] = [];
  #fresh = 0;

  /** A type that nothing is known about yet. */
  unknown(): Type {
    return { kind: 'parameter', name: `_${this.#fresh++}` };
  }

  /** Runs a trial; what it has learnt is forgotten again. */
  attempt<T>(trial: () => T): T {
    const before = this.#trail.length;
    try {
      return trial();
    } finally {
      for (const name of this.#trail.splice(before)) this.#bindings.delete(name);
    }
  }

  /** A signature with parameters of its own, so that two calls of one function don't share their `A`. */
  instantiate(types: readonly Type[]): readonly Type[] {
    const names = new Map<string, Type>();
    return types.map((type) => this.#rename(type, names));
  }

  #rename(type: Type, names: Map<string, Type>): Type {
    return rebuild(type, (parameter) => {
      const renamed = names.get(parameter.name) ?? this.unknown();
      names.set(parameter.name, renamed);
      return renamed;
    });
  }

  /** A type with everything filled in that is known by now. Types that never became known are dyn. */
  substitute(type: Type): Type {
    return rebuild(type, (parameter) => {
      const bound = this.#bindings.get(parameter.name);
      return bound === undefined ? DYN : this.substitute(bound);
    });
  }

  /** As `substitute`, but one level only, and unknown types stay parameters. */
  resolve(type: Type): Type {
    let current = type;
    while (current.kind === 'parameter') {
      const bound = this.#bindings.get(current.name);
      if (bound === undefined) return current;
      current = bound;
    }
    return current;
  }

  /** Whether a value of one type may stand where the other is wanted; learns what that says about parameters. */
  assignable(wanted: Type, given: Type): boolean {
    const to = this.resolve(wanted);
    const from = this.resolve(given);
    if (to === from || (to.kind === 'parameter' && from.kind === 'parameter' && to.name === from.name)) return true;
    if (to.kind === 'parameter') return this.#bind(to.name, from);
    if (from.kind === 'parameter') return this.#bind(from.name, to);
    if (to.kind === 'dyn' || from.kind === 'dyn') return true;
    if (to.kind === 'null' || from.kind === 'null') return isNullable(to) && isNullable(from);
    return this.#sameShape(to, from);
  }

  #sameShape(to: Type, from: Type): boolean {
    if (to.kind === 'list') return from.kind === 'list' && this.assignable(to.element, from.element);
    if (to.kind === 'map') {
      return from.kind === 'map' && this.assignable(to.key, from.key) && this.assignable(to.value, from.value);
    }
    if (to.kind === 'optional') return from.kind === 'optional' && this.assignable(to.of, from.of);
    if (to.kind === 'object') return from.kind === 'object' && to.name === from.name;
    return to.kind === from.kind;
  }

  #bind(name: string, type: Type): boolean {
    if (this.#occurs(name, type)) return false;
    this.#bindings.set(name, type);
    this.#trail.push(name);
    return true;
  }

  #occurs(name: string, type: Type): boolean {
    let found = false;
    rebuild(type, (parameter) => {
      const bound = this.#bindings.get(parameter.name);
      found ||= parameter.name === name || (bound !== undefined && this.#occurs(name, bound));
      return parameter;
    });
    return found;
  }
}

/** Types that may be null: what Kubernetes leaves out, and everything that is a message in the language's definition. */
function isNullable({ kind }: Type): boolean {
  return kind === 'null' || kind === 'object' || kind === 'timestamp' || kind === 'duration';
}

function rebuild(type: Type, replace: (parameter: Extract<Type, { kind: 'parameter' }>) => Type): Type {
  if (type.kind === 'parameter') return replace(type);
  if (type.kind === 'list') return { kind: 'list', element: rebuild(type.element, replace) };
  if (type.kind === 'map') return { kind: 'map', key: rebuild(type.key, replace), value: rebuild(type.value, replace) };
  if (type.kind === 'optional') return { kind: 'optional', of: rebuild(type.of, replace) };
  return type.kind === 'type' ? { kind: 'type', of: rebuild(type.of, replace) } : type;
}
