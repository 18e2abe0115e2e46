/**
 * The stop checks of builtins. A guest's own code looks at the stop flag at every loop; a builtin runs on its host, and
 * what it does there grows with its arguments. Everything that walks over texts and values counts its steps here, and the
 * clock is looked at every some thousands of them.
 *
 * State of the thread: one guest at a time runs on it, builtins call no guest and one another only as functions.
 */

/** Steps between two looks: below a millisecond, as a step is some characters or one value. */
const PERIOD = 4096;

/** Characters that the platform works on at once count for little: a step is 2⁶ of them. For shifts. */
export const CHARACTERS_PER_STEP = 6;

let look: (() => void) | undefined;
let left = PERIOD;

/** Runs `work` and calls `check`, which may throw to end it, every {@link PERIOD} steps. */
export function watched<T>(check: () => void, work: () => T): T {
  const outer = look;
  [look, left] = [check, PERIOD];
  try {
    return work();
  } finally {
    look = outer;
  }
}

/** Counts work that has been done, or is about to be: one for some characters or one value. */
export function step(count = 1): void {
  left -= count;
  if (left > 0) return;
  left = PERIOD;
  look?.();
}

/** The characters of a text by code point, and the steps that it takes to have them. */
export function charactersOf(text: string): string[] {
  const characters: string[] = [];
  for (const character of text) {
    step();
    characters.push(character);
  }
  return characters;
}
