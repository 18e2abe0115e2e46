import type { ToolchainGuests } from './contract.ts';

/** Where the guests of one toolchain are: a path or a URL for each module of {@link ToolchainGuests}. */
export interface GuestPlaces {
  readonly title: string;
  readonly reactor: Readonly<Record<keyof ToolchainGuests['reactor'], string>>;
  readonly wapc: Readonly<Record<string, string>>;
}

/** The same places, each written in another way. */
export function mapPlaces({ title, reactor, wapc }: GuestPlaces, change: (place: string) => string): GuestPlaces {
  const { gates, mutator, probe } = reactor;
  return {
    title,
    reactor: { gates: change(gates), mutator: change(mutator), probe: change(probe) },
    wapc: Object.fromEntries(Object.entries(wapc).map(([name, place]) => [name, change(place)])),
  };
}

/** Reads the guests from where they are; rejects as `read` does. */
export async function readGuests(
  { title, reactor, wapc }: GuestPlaces,
  read: (place: string) => Promise<Uint8Array>,
): Promise<ToolchainGuests> {
  const [gates, mutator, probe] = await Promise.all([reactor.gates, reactor.mutator, reactor.probe].map(read));
  const modules = Object.entries(wapc).map(async ([name, place]) => [name, await read(place)] as const);
  return {
    title,
    reactor: { gates: gates!, mutator: mutator!, probe: probe! },
    wapc: Object.fromEntries(await Promise.all(modules)),
  };
}
