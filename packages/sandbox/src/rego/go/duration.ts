import { within } from '../limits.ts';
import { BuiltinError } from '../builtins/builtin.ts';

const NANOSECONDS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1000n,
  µs: 1000n,
  μs: 1000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
  // OPA's own additions to Go's units.
  d: 24n * 3_600_000_000_000n,
  w: 7n * 24n * 3_600_000_000_000n,
  y: 365n * 24n * 3_600_000_000_000n,
};

const LARGEST = 2n ** 63n;

/** Nanoseconds of a duration like `1h2m3.5s`; a fraction counts as far as nanoseconds go. */
export function parseDuration(text: string): bigint {
  within(text.length, 'digits');
  const negative = text.startsWith('-');
  const rest = text.replace(/^[-+]/, '');
  if (rest === '0') return 0n;
  let sum = 0n;
  let end = 0;
  for (const match of rest.matchAll(/(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|[a-z])/gy)) {
    const [whole, digits = '', fraction = '', unit = ''] = match;
    const scale = Object.hasOwn(NANOSECONDS, unit) ? NANOSECONDS[unit] : undefined;
    if (scale === undefined || digits + fraction === '') throw invalid();
    sum +=
      BigInt(digits || 0) * scale + (BigInt(fraction || 0) * scale) / 10n ** BigInt(Math.min(fraction.length, 400));
    end = match.index + whole.length;
    if (sum > LARGEST) throw invalid();
  }
  if (end === 0 || end !== rest.length || (sum === LARGEST && !negative)) throw invalid();
  return negative ? -sum : sum;
}

function invalid(): BuiltinError {
  return new BuiltinError('invalid duration');
}
