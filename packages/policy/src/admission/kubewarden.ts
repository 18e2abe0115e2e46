import { scan } from '../json/scan.ts';
import { select } from '../json/selection.ts';
import { isUnset } from '../json/text.ts';
import {
  booleanField,
  integerField,
  kindOf,
  ShapeError,
  shapeOf,
  stringField,
  stringMapField,
  stringsField,
} from '../shape.ts';
import { type Patch, type Verdict, VerificationError } from './verdict.ts';

const SELECTION = select('mutated_object');

/**
 * Reads a Kubewarden ValidationResponse (contract: policy-server §7.1). `mutated_object: null` is none: the Rust SDK
 * always writes the member. Throws ShapeError, JsonError or VerificationError.
 */
export function readKubewardenVerdict(output: Uint8Array, mutating: boolean): Verdict {
  const response = shapeOf(output);
  const allowed = booleanField(response, 'accepted');
  if (allowed === undefined) throw new ShapeError('accepted', 'a boolean', kindOf(undefined));
  const message = stringField(response, 'message');
  const code = integerField(response, 'code', 0, 65_535);
  const patch = readMutatedObject(output);
  if (patch !== undefined && !mutating) {
    throw new VerificationError('validating webhook may not return response.patch');
  }
  return {
    allowed,
    explanation: { ...(message === undefined ? {} : { message }), ...(code === undefined ? {} : { code }) },
    patch: allowed ? patch : undefined,
    warnings: stringsField(response, 'warnings') ?? [],
    auditAnnotations: stringMapField(response, 'audit_annotations'),
  };
}

/** The new object as the bytes the policy wrote, so that its numbers keep their spelling. */
function readMutatedObject(output: Uint8Array): Patch | undefined {
  const member = scan(output, SELECTION)['mutated_object'];
  if (member === undefined || isUnset(output, member)) return undefined;
  return { type: 'Full', bytes: output.subarray(member.start, member.end) };
}
