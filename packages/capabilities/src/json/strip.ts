import { EMPTY_LIST, EMPTY_OBJECT, isObjectText, memberText, readMembers, writeObject } from './text.ts';

/** kubectl's copy of the whole object. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

const MANAGED_FIELDS = memberText('managedFields', EMPTY_LIST);
const NO_ANNOTATIONS = memberText('annotations', EMPTY_OBJECT);

/**
 * An object as lists show it: without the bookkeeping that makes up half of most objects. `managedFields` is always
 * there and empty, and `annotations` always there, as policies are used to (contract: policy-server §8.5).
 */
export function strip(json: Uint8Array): Uint8Array {
  return writeObject(
    readMembers(json).map(({ name, value, text }) =>
      name === 'metadata' && isObjectText(value) ? memberText(name, stripMetadata(value)) : text,
    ),
  );
}

function stripMetadata(json: Uint8Array): Uint8Array {
  const members = readMembers(json);
  const kept = members
    .filter(({ name }) => name !== 'managedFields')
    .map(({ name, value, text }) => (name === 'annotations' ? stripAnnotations(value, text) : text));
  if (!members.some(({ name }) => name === 'annotations')) kept.push(NO_ANNOTATIONS);
  return writeObject([...kept, MANAGED_FIELDS]);
}

function stripAnnotations(json: Uint8Array, text: Uint8Array): Uint8Array {
  if (!isObjectText(json)) return NO_ANNOTATIONS;
  const members = readMembers(json);
  const kept = members.filter(({ name }) => name !== LAST_APPLIED);
  if (kept.length === members.length) return text;
  return memberText('annotations', writeObject(kept.map((member) => member.text)));
}
