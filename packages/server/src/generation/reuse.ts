import { modulesOf, type GenerationSpec, type ModuleSpec } from './spec.ts';

/** The modules of the serving generation by identity, each to be taken over once. */
export class Reusable {
  readonly #byIdentity = new Map<string, ModuleSpec[]>();

  constructor(serving: GenerationSpec | undefined) {
    for (const { module } of serving ? modulesOf(serving) : []) {
      const same = this.#byIdentity.get(module.identity);
      if (same) same.push(module);
      else this.#byIdentity.set(module.identity, [module]);
    }
  }

  /** A module that is the same but for its generation; `T` is what modules of this identity are. */
  take(identity: string): ModuleSpec | undefined {
    return this.#byIdentity.get(identity)?.shift();
  }
}

/** The keys of guests that `old` has and `next` has not. */
export function keysLeft(old: GenerationSpec | undefined, next: GenerationSpec): number[] {
  const kept = new Set(modulesOf(next).map(({ module }) => module.guest.key));
  const keys = old ? modulesOf(old).map(({ module }) => module.guest.key) : [];
  return keys.filter((key) => !kept.has(key));
}
