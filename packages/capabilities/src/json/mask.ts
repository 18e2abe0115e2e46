import { CapabilityError } from '../errors.ts';
import { isArrayText, isObjectText, memberText, readElements, readMembers, writeArray, writeObject } from './text.ts';

/** Which members of an object to keep; one without entries keeps all that is below. */
export interface FieldMask {
  /** Equal for masks that keep the same. */
  readonly key: string;
  readonly keep: MaskNode;
}

type MaskNode = ReadonlyMap<string, MaskNode>;
type Growing = Map<string, Growing>;

/** What one question may name; each path costs a look at every object. */
const MAX_PATHS = 1000;
const MAX_PATH_LENGTH = 4096;
/** An object of the API server is at most that deep where schemas are structural; real ones have tens of levels. */
const MAX_DEPTH = 100;

/** What every object keeps. */
const ALWAYS = ['apiVersion', 'kind', 'metadata'] as const;

/**
 * Reads dotted paths; undefined keeps everything. Arrays are looked through: `spec.containers.image`. Of `a` and `a.b`
 * only `a.b` is kept of `a` (contract: policy-server §8.5). Throws CapabilityError `limit`.
 */
export function parseMask(paths: readonly string[] | null): FieldMask | undefined {
  if (paths === null || paths.length === 0) return undefined;
  if (paths.length > MAX_PATHS) throw new CapabilityError('limit', `field_masks has more than ${MAX_PATHS} paths`);
  const keep: Growing = new Map();
  for (const path of new Set(paths)) {
    if (path.length > MAX_PATH_LENGTH) throw tooLong();
    const steps = path.split('.').filter((step) => step !== '');
    if (steps.length > MAX_DEPTH) throw tooLong();
    let node = keep;
    for (const step of steps) {
      const next: Growing = node.get(step) ?? new Map();
      node.set(step, next);
      node = next;
    }
  }
  for (const name of ALWAYS) keep.set(name, new Map());
  return { key: JSON.stringify([...new Set(paths)].sort()), keep };
}

/** The object's JSON with only what the mask keeps. */
export function prune(json: Uint8Array, { keep }: FieldMask): Uint8Array {
  return pruned(json, keep);
}

function pruned(json: Uint8Array, node: MaskNode): Uint8Array {
  if (node.size === 0) return json;
  if (isObjectText(json)) {
    const kept: Uint8Array[] = [];
    for (const { name, value, text } of readMembers(json)) {
      const below = node.get(name);
      if (below === undefined) continue;
      const less = pruned(value, below);
      kept.push(less === value ? text : memberText(name, less));
    }
    return writeObject(kept);
  }
  if (isArrayText(json)) return writeArray(readElements(json).map((element) => pruned(element, node)));
  return json;
}

function tooLong(): CapabilityError {
  return new CapabilityError(
    'limit',
    `a path of field_masks has more than ${MAX_PATH_LENGTH} characters or ${MAX_DEPTH} steps`,
  );
}
