// What an authority's certificate says about those below it, read from the DER: Node shows only whether there may be any.

/** 2.5.29.19 and 2.5.29.30 as extensions begin with them: tag, length, OID. */
const BASIC_CONSTRAINTS = [0x06, 0x03, 0x55, 0x1d, 0x13];
const NAME_CONSTRAINTS = [0x06, 0x03, 0x55, 0x1d, 0x1e];
const [BOOLEAN, INTEGER, OCTET_STRING, SEQUENCE] = [0x01, 0x02, 0x04, 0x30];

/** Whether an authority narrows which names it may certify, which this verifier does not check. */
export function hasNameConstraints(der: Uint8Array): boolean {
  return indexOf(der, NAME_CONSTRAINTS) >= 0;
}

/** How many authorities may stand between this one and the certificate; undefined: any number. */
export function pathLength(der: Uint8Array): number | undefined {
  let at = indexOf(der, BASIC_CONSTRAINTS);
  if (at < 0) return undefined;
  at += BASIC_CONSTRAINTS.length;
  if (der[at] === BOOLEAN) at += 3;
  if (der[at] !== OCTET_STRING || der[at + 2] !== SEQUENCE) return 0;
  at += 4;
  if (der[at] === BOOLEAN) at += 3;
  if (der[at] !== INTEGER) return undefined;
  // More than one byte would be a path longer than any that is looked for.
  return der[at + 1] === 1 ? der[at + 2] : undefined;
}

function indexOf(bytes: Uint8Array, part: readonly number[]): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(Buffer.from(part));
}
