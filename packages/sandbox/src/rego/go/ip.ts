/** Addresses and networks as Go's `net` reads and writes them. An address is a number with its family's width. */

export interface Address {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

export interface Network {
  readonly first: Address;
  readonly prefix: number;
}

const MAPPED = 0xffffn;

export function parseAddress(text: string): Address | undefined {
  if (!text.includes(':')) return parse4(text);
  const value = parse6(text);
  if (value === undefined) return undefined;
  // Go takes a mapped address for an IPv4 address.
  return value >> 32n === MAPPED ? { bits: 32, value: value & 0xffffffffn } : { bits: 128, value };
}

function parse4(text: string): Address | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256))
    return undefined;
  return { bits: 32, value: parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n) };
}

/** Eight groups, one run of them left out as `::`, the last two perhaps as an IPv4 address. */
function parse6(text: string): bigint | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const groups = halves.map((half, index) => groupsOf(half, index === halves.length - 1));
  const [head, tail] = groups;
  if (!head || (halves.length === 2 && !tail)) return undefined;
  const count = head.length + (tail?.length ?? 0);
  if (halves.length === 2 ? count > 7 : count !== 8) return undefined;
  const all = [...head, ...Array.from({ length: 8 - count }, () => 0n), ...(tail ?? [])];
  return all.reduce((sum, group) => (sum << 16n) | group, 0n);
}

function groupsOf(text: string, last: boolean): bigint[] | undefined {
  if (text === '') return [];
  const groups: bigint[] = [];
  const parts = text.split(':');
  for (const [at, part] of parts.entries()) {
    const four = last && at === parts.length - 1 && part.includes('.') ? parse4(part) : undefined;
    if (four) groups.push(four.value >> 16n, four.value & 0xffffn);
    else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(BigInt(`0x${part}`));
    else return undefined;
  }
  return groups;
}

/** The network of an address with a prefix length, its host bits dropped. */
export function parseNetwork(text: string): Network | undefined {
  const slash = text.indexOf('/');
  const length = text.slice(slash + 1);
  if (slash < 0 || !/^\d{1,3}$/.test(length)) return undefined;
  const written = text.slice(0, slash);
  const value = written.includes(':') ? parse6(written) : undefined;
  const address = written.includes(':') ? value !== undefined && ({ bits: 128, value } as const) : parse4(written);
  if (!address || Number(length) > address.bits) return undefined;
  return { first: { ...address, value: masked(address, Number(length)) }, prefix: Number(length) };
}

function masked({ bits, value }: Address, prefix: number): bigint {
  const host = BigInt(bits - prefix);
  return (value >> host) << host;
}

export function lastOf({ first, prefix }: Network): bigint {
  return first.value | ((1n << BigInt(first.bits - prefix)) - 1n);
}

export function contains(network: Network, address: Address): boolean {
  const { first } = network;
  return first.bits === address.bits && address.value >= first.value && address.value <= lastOf(network);
}

export function formatAddress({ bits, value }: Address): string {
  if (bits === 32) return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 0xffn)).join('.');
  if (value >> 32n === MAPPED) return formatAddress({ bits: 32, value: value & 0xffffffffn });
  const groups = Array.from({ length: 8 }, (_, at) => ((value >> BigInt(112 - 16 * at)) & 0xffffn).toString(16));
  const run = longestZeros(groups);
  if (run.length < 2) return groups.join(':');
  return `${groups.slice(0, run.start).join(':')}::${groups.slice(run.start + run.length).join(':')}`;
}

function longestZeros(groups: readonly string[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === '0') length++;
    if (length > best.length) best = { start, length };
    start += length;
  }
  return best;
}

export function formatNetwork({ first, prefix }: Network): string {
  return `${formatAddress(first)}/${prefix}`;
}
