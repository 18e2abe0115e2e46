import { CelError } from '../error.ts';
import { BOOL, INT, objectType, STRING } from '../types.ts';
import { Opaque } from '../value.ts';
import { free, method, type Overload } from './define.ts';

export const IP = objectType('net.IP');
export const CIDR = objectType('net.CIDR');

interface Address {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

interface Network {
  readonly address: Address;
  readonly prefix: number;
}

/** The longest text of an address with its prefix is 43 characters. */
const MAX_TEXT = 64;

/** No zones, no IPv4 written as IPv6, no leading zeros: the forms that Kubernetes refuses too. */
function parseAddress(text: string): Address | undefined {
  if (text.length > MAX_TEXT) return undefined;
  return text.includes(':') ? parseV6(text) : parseV4(text);
}

function parseV4(text: string): Address | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256))
    return undefined;
  return { bits: 32, value: parts.reduce((value, part) => (value << 8n) | BigInt(part), 0n) };
}

function parseV6(text: string): Address | undefined {
  const halves = text.split('::');
  const [head, tail] = halves.map((half) => (half === '' ? [] : half.split(':')));
  if (head === undefined || halves.length > 2 || text.includes('.')) return undefined;
  const missing = 8 - head.length - (tail?.length ?? 0);
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...new Array<string>(missing).fill('0'), ...(tail ?? [])];
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  const value = groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
  return value >> 32n === 0xffffn ? undefined : { bits: 128, value };
}

function formatAddress({ bits, value }: Address): string {
  if (bits === 32) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.');
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - index * 16)) & 0xffffn).toString(16));
  const text = groups.join(':');
  const runs = [...text.matchAll(/(?<![0-9a-f])0(?::0)+(?![0-9a-f])/g)];
  const length = Math.max(0, ...runs.map(([run]) => run.length));
  const longest = runs.find(([run]) => run.length === length);
  if (longest === undefined) return text;
  return `${text.slice(0, Math.max(longest.index - 1, 0))}::${text.slice(longest.index + length + 1)}`;
}

function parseNetwork(text: string): Network | undefined {
  const slash = text.lastIndexOf('/');
  const address = slash < 0 ? undefined : parseAddress(text.slice(0, slash));
  const digits = text.slice(slash + 1);
  if (address === undefined || !/^(?:0|[1-9]\d{0,2})$/.test(digits) || Number(digits) > address.bits) return undefined;
  return { address, prefix: Number(digits) };
}

function wrapAddress(address: Address | undefined): Opaque | CelError {
  return address === undefined
    ? new CelError('invalid-argument', 'not an IP address')
    : new Opaque(IP, formatAddress(address), address);
}

function wrapNetwork(network: Network | undefined): Opaque | CelError {
  return network === undefined
    ? new CelError('invalid-argument', 'not a network in CIDR notation')
    : new Opaque(CIDR, `${formatAddress(network.address)}/${network.prefix}`, network);
}

const addressOf = (value: Opaque): Address => value.data as Address;
const networkOf = (value: Opaque): Network => value.data as Network;

function masked({ address, prefix }: Network): Network {
  const host = BigInt(address.bits - prefix);
  return { address: { bits: address.bits, value: (address.value >> host) << host }, prefix };
}

function containsAddress(network: Network, address: Address): boolean {
  const host = BigInt(network.address.bits - network.prefix);
  return network.address.bits === address.bits && network.address.value >> host === address.value >> host;
}

function containsText(network: Network, text: string): boolean | CelError {
  const address = parseAddress(text);
  return address === undefined
    ? new CelError('invalid-argument', 'not an IP address')
    : containsAddress(network, address);
}

function containsNetwork(outer: Network, inner: Network): boolean {
  return outer.prefix <= inner.prefix && containsAddress(outer, inner.address);
}

function containsNetworkText(outer: Network, text: string): boolean | CelError {
  const inner = parseNetwork(text);
  return inner === undefined
    ? new CelError('invalid-argument', 'not a network in CIDR notation')
    : containsNetwork(outer, inner);
}

/** Whether the first bits of an address are those of a well-known network of its family. */
function within(v4: string, v6: string): (value: Opaque) => boolean {
  const networks = [parseNetwork(v4), parseNetwork(v6)];
  return (value) => networks.some((network) => network !== undefined && containsAddress(network, addressOf(value)));
}

const isMulticast = within('224.0.0.0/4', 'ff00::/8');
const isLinkLocalUnicast = within('169.254.0.0/16', 'fe80::/10');
const isLinkLocalMulticast = within('224.0.0.0/24', 'ff02::/16');
const isLoopback = within('127.0.0.0/8', '::1/128');
const isUnspecified = within('0.0.0.0/32', '::/128');
const isBroadcast = within('255.255.255.255/32', '::/128');

function isGlobalUnicast(value: Opaque): boolean {
  return (
    ![isMulticast, isLinkLocalUnicast, isLoopback, isUnspecified].some((test) => test(value)) &&
    !(addressOf(value).bits === 32 && isBroadcast(value))
  );
}

export const NETWORK: Readonly<Record<string, readonly Overload[]>> = {
  ip: [
    free([STRING], IP, ([text]) => wrapAddress(parseAddress(text))),
    method([CIDR], IP, ([value]) => wrapAddress(networkOf(value).address)),
  ],
  isIP: [free([STRING], BOOL, ([text]) => parseAddress(text) !== undefined)],
  'ip.isCanonical': [
    free([STRING], BOOL, ([text]) => {
      const address = parseAddress(text);
      return address === undefined
        ? new CelError('invalid-argument', 'not an IP address')
        : formatAddress(address) === text;
    }),
  ],
  family: [method([IP], INT, ([value]) => (addressOf(value).bits === 32 ? 4n : 6n))],
  isUnspecified: [method([IP], BOOL, ([value]) => isUnspecified(value))],
  isLoopback: [method([IP], BOOL, ([value]) => isLoopback(value))],
  isLinkLocalMulticast: [method([IP], BOOL, ([value]) => isLinkLocalMulticast(value))],
  isLinkLocalUnicast: [method([IP], BOOL, ([value]) => isLinkLocalUnicast(value))],
  isGlobalUnicast: [method([IP], BOOL, ([value]) => isGlobalUnicast(value))],
  string: [free([IP], STRING, ([value]) => value.text), free([CIDR], STRING, ([value]) => value.text)],
  cidr: [free([STRING], CIDR, ([text]) => wrapNetwork(parseNetwork(text)))],
  isCIDR: [free([STRING], BOOL, ([text]) => parseNetwork(text) !== undefined)],
  containsIP: [
    method([CIDR, IP], BOOL, ([network, value]) => containsAddress(networkOf(network), addressOf(value))),
    method([CIDR, STRING], BOOL, ([network, text]) => containsText(networkOf(network), text)),
  ],
  containsCIDR: [
    method([CIDR, CIDR], BOOL, ([outer, inner]) => containsNetwork(networkOf(outer), networkOf(inner))),
    method([CIDR, STRING], BOOL, ([outer, text]) => containsNetworkText(networkOf(outer), text)),
  ],
  masked: [method([CIDR], CIDR, ([value]) => wrapNetwork(masked(networkOf(value))))],
  prefixLength: [method([CIDR], INT, ([value]) => BigInt(networkOf(value).prefix))],
};
