import { step } from '../steps.ts';
import { contains, formatAddress, formatNetwork, lastOf, parseAddress, parseNetwork, type Network } from '../go/ip.ts';
import { setOf } from '../value/collections.ts';
import { isArray, isObject, isSet, number, type Value } from '../value/value.ts';
import { BuiltinError, members, operands, type Family } from './builtin.ts';

/** As many addresses as an IPv4 /16 has. */
const MOST_ADDRESSES = 65_536n;

export const net: Family = {
  'net.cidr_is_valid': ([value]) => typeof value === 'string' && parseNetwork(value) !== undefined,
  'net.cidr_expand': (args, { checkTime }) => {
    const network = networkOf(operands(args).string(1));
    const { first } = network;
    const count = lastOf(network) - first.value + 1n;
    if (count > MOST_ADDRESSES) throw new BuiltinError(`more than ${MOST_ADDRESSES} addresses`);
    const addresses = Array.from({ length: Number(count) }, (_, at) => {
      step(32);
      return formatAddress({ ...first, value: first.value + BigInt(at) });
    });
    checkTime();
    return setOf(addresses);
  },
  'net.cidr_merge': (args) => setOf(merge(members(operands(args).value(1), 1).map(mergeable)).map(formatNetwork)),
  'net.cidr_contains_matches': (args, { checkTime }) => {
    const { value } = operands(args);
    const outer = candidates(value(1), 1);
    const pairs: Value[] = [];
    // OPA does not even look at the second operand then.
    if (outer.length === 0) return setOf([]);
    const inner = candidates(value(2), 2);
    for (const [cidr, index] of outer) {
      checkTime();
      for (const [other, otherIndex] of inner) if (covers(cidr, other)) pairs.push([index, otherIndex]);
    }
    return setOf(pairs);
  },
};

function networkOf(text: Value): Network {
  step(32);
  const network = typeof text === 'string' ? parseNetwork(text) : undefined;
  if (!network) throw new BuiltinError('not a network in CIDR notation');
  return network;
}

/** Networks and addresses with what they are called in the answer. */
function candidates(value: Value, position: number): readonly (readonly [cidr: Value, index: Value])[] {
  if (typeof value === 'string') return [[value, value]];
  if (isArray(value)) return value.map((item, at) => [firstOf(item, position), number(at)]);
  if (isSet(value)) return value.members.map((item) => [firstOf(item, position), item]);
  return isObject(value) ? value.entries.map(([key, item]) => [firstOf(item, position), key]) : [];
}

function firstOf(item: Value, position: number): Value {
  if (typeof item === 'string') return item;
  const first = isArray(item) ? item[0] : undefined;
  if (first === undefined) throw new BuiltinError(`operand ${position}: element must be string or non-empty array`);
  return first;
}

function covers(cidr: Value, other: Value): boolean {
  const network = networkOf(cidr);
  if (typeof other !== 'string') throw new BuiltinError('not an address or a network');
  const address = parseAddress(other);
  if (address) return contains(network, address);
  const inner = networkOf(other);
  return contains(network, inner.first) && contains(network, { ...inner.first, value: lastOf(inner) });
}

/** An address without a length gets the one of its class, as in OPA; IPv6 has no classes. */
function mergeable(value: Value): Network {
  step(32);
  const address = typeof value === 'string' ? parseAddress(value) : undefined;
  if (!address) return networkOf(value);
  if (address.bits === 128) throw new BuiltinError('IPv6 invalid: needs prefix length');
  const top = Number(address.value >> 24n);
  const prefix = top < 128 ? 8 : top < 192 ? 16 : 24;
  return { first: address, prefix };
}

interface Range {
  /** What the range was given as; undefined once it has been joined with another. */
  readonly network: Network | undefined;
  readonly bits: 32 | 128;
  readonly from: bigint;
  readonly to: bigint;
}

/** The fewest networks that hold the same addresses: neighbouring ranges are joined and cut anew. */
function merge(networks: readonly Network[]): Network[] {
  const ranges = networks
    .map((network): Range => ({
      network,
      bits: network.first.bits,
      from: firstOfNetwork(network),
      to: lastOf(network),
    }))
    .sort((a, b) => {
      step();
      return a.bits - b.bits || (a.from < b.from ? -1 : a.from > b.from ? 1 : 0);
    });
  const joined: Range[] = [];
  for (const range of ranges) {
    const last = joined.at(-1);
    if (last && last.bits === range.bits && range.from <= last.to + 1n) {
      joined[joined.length - 1] = { ...last, network: undefined, to: range.to > last.to ? range.to : last.to };
    } else joined.push(range);
  }
  return joined.flatMap(networksOf);
}

function firstOfNetwork({ first, prefix }: Network): bigint {
  const host = BigInt(first.bits - prefix);
  return (first.value >> host) << host;
}

function networksOf({ network, bits, from, to }: Range): Network[] {
  if (network) return [network];
  const networks: Network[] = [];
  for (let at = from; at <= to;) {
    step(64);
    let host = 0;
    while (host < bits && at % (1n << BigInt(host + 1)) === 0n && at + (1n << BigInt(host + 1)) - 1n <= to) host++;
    networks.push({ first: { bits, value: at }, prefix: bits - host });
    at += 1n << BigInt(host);
  }
  return networks;
}
