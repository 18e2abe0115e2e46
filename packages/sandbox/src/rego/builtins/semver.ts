import { compareStrings } from '../value/compare.ts';
import { within } from '../limits.ts';
import { number } from '../value/value.ts';
import { BuiltinError, operands, type Family } from './builtin.ts';

interface Version {
  readonly core: readonly bigint[];
  readonly preRelease: readonly string[];
}

export const semver: Family = {
  'semver.is_valid': ([value]) => typeof value === 'string' && parse(value) !== undefined,
  'semver.compare': (args) => {
    const { string } = operands(args);
    const [a, b] = [version(string(1), 1), version(string(2), 2)];
    return number(compareVersions(a, b));
  },
};

const NUMERIC = /^(?:0|[1-9]\d*)$/;
const IDENTIFIERS = /^[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*$/;
const MAX_INT64 = 2n ** 63n - 1n;

function version(text: string, position: number): Version {
  const parsed = parse(text);
  if (!parsed) throw new BuiltinError(`operand ${position} is not a valid SemVer`);
  return parsed;
}

/** A leading `v` is allowed, as in OPA. */
function parse(text: string): Version | undefined {
  within(text.length, 'digits');
  const [, rest = '', metadata] = /^v?([^+]*)(?:\+(.*))?$/s.exec(text) ?? [];
  if (metadata !== undefined && !IDENTIFIERS.test(metadata)) return undefined;
  const dash = rest.indexOf('-');
  const preRelease = dash < 0 ? undefined : rest.slice(dash + 1);
  if (preRelease !== undefined && !validPreRelease(preRelease)) return undefined;
  const core = (dash < 0 ? rest : rest.slice(0, dash)).split('.');
  if (core.length !== 3 || !core.every((part) => NUMERIC.test(part) && part.length < 20 && BigInt(part) <= MAX_INT64))
    return undefined;
  return { core: core.map(BigInt), preRelease: preRelease?.split('.') ?? [] };
}

function validPreRelease(text: string): boolean {
  return IDENTIFIERS.test(text) && text.split('.').every((part) => !/^0\d+$/.test(part));
}

function compareVersions(a: Version, b: Version): number {
  for (const [at, part] of a.core.entries()) {
    const other = b.core[at] ?? 0n;
    if (part !== other) return part < other ? -1 : 1;
  }
  // A release is greater than its pre-releases.
  if (a.preRelease.length === 0 || b.preRelease.length === 0) {
    return Math.sign(b.preRelease.length) - Math.sign(a.preRelease.length);
  }
  return comparePreReleases(a.preRelease, b.preRelease);
}

function comparePreReleases(a: readonly string[], b: readonly string[]): number {
  for (const [at, part] of a.entries()) {
    const other = b[at];
    if (other === undefined) return 1;
    if (part === other) continue;
    const [left, right] = [/^\d+$/.test(part), /^\d+$/.test(other)];
    if (left !== right) return left ? -1 : 1;
    const difference = left ? clamp(part) - clamp(other) : BigInt(compareStrings(part, other));
    if (difference !== 0n) return difference < 0n ? -1 : 1;
  }
  return a.length < b.length ? -1 : 0;
}

/** OPA reads larger numbers as the largest that fits. */
function clamp(text: string): bigint {
  within(text.length, 'digits');
  const value = BigInt(text);
  return value > MAX_INT64 ? MAX_INT64 : value;
}
