/**
 * The assertions of the contracts, on Web APIs alone: the functions of `node:assert/strict` that they need, with the same
 * verdicts on data of the kinds that they compare (primitives, arrays, plain objects, byte arrays).
 */
export class AssertionError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'AssertionError';
  }
}

/** How much of a value a message shows; answers of guests may be megabytes. */
const SHOWN = 500;

export function ok(value: unknown, message?: string): asserts value {
  if (!value) throw new AssertionError(message ?? `expected a truthy value, found ${show(value)}`);
}

export function equal<T>(found: unknown, expected: T, message?: string): asserts found is T {
  if (!Object.is(found, expected)) throw different(found, expected, message);
}

export function deepEqual<T>(found: unknown, expected: T, message?: string): asserts found is T {
  if (!same(found, expected)) throw different(found, expected, message);
}

export function match(text: string, pattern: RegExp, message?: string): void {
  ok(pattern.test(text), message ?? `expected ${show(text)} to match ${pattern}`);
}

export function doesNotMatch(text: string, pattern: RegExp, message?: string): void {
  ok(!pattern.test(text), message ?? `expected ${show(text)} not to match ${pattern}`);
}

/** `run` throws, and what it throws is as expected. */
export function throws(run: () => unknown, isExpected: (error: unknown) => boolean): void {
  try {
    run();
  } catch (error) {
    ok(isExpected(error), `threw something else than expected: ${String(error)}`);
    return;
  }
  throw new AssertionError('expected an exception, found none');
}

function same(found: unknown, expected: unknown): boolean {
  if (Object.is(found, expected)) return true;
  if (typeof found !== 'object' || typeof expected !== 'object' || !found || !expected) return false;
  if (Object.getPrototypeOf(found) !== Object.getPrototypeOf(expected)) return false;
  const names = Object.keys(found);
  // A length of its own, so that holes at the end of an array count.
  if (Array.isArray(found) && found.length !== (expected as unknown[]).length) return false;
  return (
    names.length === Object.keys(expected).length &&
    names.every(
      (name) =>
        Object.hasOwn(expected, name) &&
        same((found as Record<string, unknown>)[name], (expected as Record<string, unknown>)[name]),
    )
  );
}

function different(found: unknown, expected: unknown, message: string | undefined): AssertionError {
  const what = `expected ${show(expected)}, found ${show(found)}`;
  return new AssertionError(message === undefined ? what : `${message}: ${what}`);
}

function show(value: unknown): string {
  const text =
    typeof value === 'string' || (typeof value === 'object' && value) ? JSON.stringify(value) : String(value);
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}… (${text.length} characters)` : text;
}
