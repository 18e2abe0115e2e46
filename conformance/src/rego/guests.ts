/** The guests compiled from Rego, and the entrypoints that each is compiled with; the first one is the default. */
export const REGO_GUESTS = {
  opa: ['opa/main'],
  gatekeeper: ['gatekeeper/violation'],
  builtins: ['builtins/answers', 'builtins/steady', 'builtins/now', 'builtins/identity', 'builtins/broken'],
  hostile: ['hostile/spin', 'hostile/deep', 'hostile/conflict', 'hostile/hoard'],
  answers: ['answers/main'],
  lacking: ['lacking/main'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type RegoGuest = keyof typeof REGO_GUESTS;

/** One thing for each guest of Rego: a place, a binary. */
export type EachRegoGuest<T> = Readonly<Record<RegoGuest, T>>;

/** The same for each guest, made anew. */
export function mapRegoGuests<T, U>(guests: EachRegoGuest<T>, change: (of: T) => U): EachRegoGuest<U> {
  const { opa, gatekeeper, builtins, hostile, answers, lacking } = guests;
  return {
    opa: change(opa),
    gatekeeper: change(gatekeeper),
    builtins: change(builtins),
    hostile: change(hostile),
    answers: change(answers),
    lacking: change(lacking),
  };
}
