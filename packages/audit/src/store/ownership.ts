import type { KubeObject } from '@ostiary/kube';
import { isRecord, listAt, recordAt, textAt, type JsonRecord } from '../json.ts';

/** The API server notes this name with every field that we write, by `create` (`Update`) and by `apply` (`Apply`). */
export const FIELD_MANAGER = 'ostiary-audit';

/**
 * What a report says, as paths of `fieldsV1`. Lists are atomic in the CRDs; the scope is as well, or has at least the uid.
 * Annotations are not here: the digest tells of those that matter.
 */
const SAID: readonly (readonly string[])[] = [
  ['f:results'],
  ['f:scope', 'f:uid'],
  ...['pass', 'fail', 'warn', 'error', 'skip'].map((outcome) => ['f:summary', `f:${outcome}`]),
  ['f:metadata', 'f:ownerReferences'],
];

/**
 * Whether a report still says what we wrote, by its metadata. Who changes or removes a field takes it from its managers, so
 * what is ours to this day is unchanged; what others have added, such as labels, or own together with us, does not matter.
 * An API server that keeps no `managedFields` is believed: some that keep reports in a database of their own do not.
 */
export function isAsWritten({ metadata }: KubeObject): boolean {
  const managed = listAt(metadata, 'managedFields');
  if (managed.length === 0) return true;
  const ours = managed
    .filter((entry) => textAt(entry, 'manager') === FIELD_MANAGER)
    .map((entry) => recordAt(entry, 'fieldsV1'));
  return SAID.every((path) => ours.some((fields) => owns(fields, path)));
}

/** An empty node stands for all that is below it. */
function owns(fields: JsonRecord, path: readonly string[]): boolean {
  let node = fields;
  for (const name of path) {
    const next = node[name];
    if (!isRecord(next)) return false;
    if (Object.keys(next).length === 0) return true;
    node = next;
  }
  return true;
}
