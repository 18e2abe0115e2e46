import { scan } from '../json/scan.ts';
import { select } from '../json/selection.ts';
import { OPEN_BRACE, skipSpace } from '../json/tokens.ts';
import { applyPatch } from '../patch/apply.ts';
import { diff } from '../patch/diff.ts';
import { parseLossless, parseScanned } from '../patch/json.ts';
import { type Patch, VerificationError } from './verdict.ts';

const WHOLE = select();
const encoder = new TextEncoder();

/**
 * The object that a patch makes of `object`, as JSON. Throws VerificationError when there is no object (DELETE) or the
 * result is none, PatchError when a JSONPatch does not apply, JsonError when the patch is not JSON.
 */
export function mutate(object: Uint8Array | undefined, patch: Patch): Uint8Array {
  if (object === undefined) throw new VerificationError('response.patch: the request has no object to change');
  const changed = patch.type === 'Full' ? patch.bytes : patched(object, patch.bytes);
  // A whole-document check: for the nesting bound, and because the next module reads these bytes as they are.
  scan(changed, WHOLE);
  if (changed[skipSpace(changed, 0)] !== OPEN_BRACE) {
    throw new VerificationError('response.patch: the changed object is not a JSON object');
  }
  return changed;
}

function patched(object: Uint8Array, patch: Uint8Array): Uint8Array {
  return encoder.encode(JSON.stringify(applyPatch(parseScanned(object), parseLossless(patch))));
}

/**
 * The base64 of the one JSONPatch that makes `after` from `before`, or undefined when nothing changed. Both have been
 * scanned: the one with the review, the other by `mutate`.
 */
export function patchBetween(before: Uint8Array, after: Uint8Array): string | undefined {
  if (before === after) return undefined;
  const changes = diff(parseScanned(before), parseScanned(after));
  return changes.length === 0 ? undefined : encoder.encode(JSON.stringify(changes)).toBase64();
}
