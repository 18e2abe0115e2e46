import { objectIdentifier } from './der.ts';
import { readElements } from './der-reader.ts';
import { EXTENSION } from './extensions.ts';

/** What an issuer's certificate says about itself: its subject as DER, and its key identifier if it carries one. */
export function readIssuer(certificate: Buffer): { subject: Buffer; keyIdentifier: Buffer | undefined } {
  const fields = readElements(at(readElements(at(readElements(certificate), 0).content), 0).content);
  // The version has a context tag and may be absent; behind it stand serial, algorithm, issuer, validity, subject.
  const subjectIndex = at(fields, 0).tag === 0xa0 ? 5 : 4;
  const extensions = fields.find((field) => field.tag === 0xa3);
  return {
    subject: at(fields, subjectIndex).whole,
    keyIdentifier: extensions === undefined ? undefined : findKeyIdentifier(extensions.content),
  };
}

function findKeyIdentifier(extensions: Buffer): Buffer | undefined {
  const wanted = objectIdentifier(EXTENSION.subjectKeyIdentifier);
  for (const { content } of readElements(at(readElements(extensions), 0).content)) {
    const members = readElements(content);
    if (at(members, 0).whole.equals(wanted))
      return at(readElements(at(members, members.length - 1).content), 0).content;
  }
  return undefined;
}

function at<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new RangeError('the certificate lacks a mandatory field');
  return item;
}
