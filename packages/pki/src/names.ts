import { isIP } from 'node:net';
import { contextPrimitive, objectIdentifier, sequence, setOfOne, utf8String } from './der.ts';
import { PkiError } from './errors.ts';

const OID = { commonName: '2.5.4.3', organization: '2.5.4.10' } as const;
const GENERAL_NAME = { dns: 2, ip: 7 } as const;

/** The upper bound of both attributes (RFC 5280, appendix A.1: ub-common-name, ub-organization-name). */
const MAX_ATTRIBUTE_CHARACTERS = 64;

/** A label of letters, digits, hyphens and underscores; the first label alone may be `*`. */
const DNS_NAME = /^(?:\*\.)?(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i;
const MAX_DNS_CHARACTERS = 253;

/** A Name with the organizations first and the common name last; Kubernetes reads them as groups and user name. */
export function distinguishedName(commonName: string, organizations: readonly string[] = []): Buffer {
  return sequence(
    ...organizations.map((organization) => attribute(OID.organization, 'organization', organization)),
    attribute(OID.commonName, 'common name', commonName),
  );
}

function attribute(oid: string, what: string, text: string): Buffer {
  const { length } = Array.from(text);
  if (length === 0 || length > MAX_ATTRIBUTE_CHARACTERS) {
    throw new PkiError('invalid-name', `a ${what} has 1 to ${MAX_ATTRIBUTE_CHARACTERS} characters, found ${length}`);
  }
  return setOfOne(sequence(objectIdentifier(oid), utf8String(text)));
}

/** GeneralNames of a subject alternative name extension: DNS names as given, addresses in network byte order. */
export function alternativeNames(dnsNames: readonly string[], ipAddresses: readonly string[]): Buffer {
  return sequence(
    ...dnsNames.map((name) => contextPrimitive(GENERAL_NAME.dns, dnsOctets(name))),
    ...ipAddresses.map((address) => contextPrimitive(GENERAL_NAME.ip, addressOctets(address))),
  );
}

function dnsOctets(name: string): Buffer {
  if (name.length > MAX_DNS_CHARACTERS || isIP(name) !== 0 || !DNS_NAME.test(name)) {
    throw new PkiError('invalid-name', `${JSON.stringify(name)} is not a DNS name`);
  }
  return Buffer.from(name, 'latin1');
}

/** 4 octets of an IPv4 address or 16 of an IPv6 address. */
export function addressOctets(address: string): Buffer {
  const family = address.includes('%') ? 0 : isIP(address);
  if (family === 0) throw new PkiError('invalid-address', `${JSON.stringify(address)} is not an IP address`);
  return family === 4 ? Buffer.from(address.split('.').map(Number)) : ipv6Octets(address);
}

function ipv6Octets(address: string): Buffer {
  // The URL parser writes any IPv6 text in its shortest hexadecimal form, so only `::` is left to expand.
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = [], tail = []] = canonical.split('::').map((half) => half.split(':').filter((group) => group !== ''));
  const groups = [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => '0'), ...tail];
  const octets = Buffer.alloc(16);
  for (const [index, group] of groups.entries()) octets.writeUInt16BE(Number.parseInt(group, 16), index * 2);
  return octets;
}
