import type { Guests, ToolchainGuests } from './contract.ts';
import { mapRegoGuests, type EachRegoGuest } from './rego/guests.ts';

/** Where the guests of one toolchain are: a path or a URL for each module of {@link ToolchainGuests}. */
export interface ToolchainPlaces {
  readonly title: string;
  readonly reactor: Readonly<Record<keyof ToolchainGuests['reactor'], string>>;
  readonly wapc: Readonly<Record<string, string>>;
}

/** Where the policies compiled from Rego are. */
export interface RegoPlaces {
  readonly title: string;
  readonly rego: EachRegoGuest<string>;
}

export type GuestPlaces = ToolchainPlaces | RegoPlaces;

/** The same places, each written in another way. */
export function mapPlaces(places: GuestPlaces, change: (place: string) => string): GuestPlaces {
  if ('rego' in places) return { title: places.title, rego: mapRegoGuests(places.rego, change) };
  const { title, reactor, wapc } = places;
  const { gates, mutator, probe } = reactor;
  return {
    title,
    reactor: { gates: change(gates), mutator: change(mutator), probe: change(probe) },
    wapc: Object.fromEntries(Object.entries(wapc).map(([name, place]) => [name, change(place)])),
  };
}

/** Reads the guests from where they are; rejects as `read` does. */
export async function readGuests(places: GuestPlaces, read: (place: string) => Promise<Uint8Array>): Promise<Guests> {
  if ('rego' in places) {
    const { title, rego } = places;
    const reading = mapRegoGuests(rego, read);
    // Each is waited for by its name; together they have been read by then.
    await Promise.all(Object.values(reading));
    const { opa, gatekeeper, builtins, hostile, answers, lacking } = reading;
    return {
      title,
      rego: {
        opa: await opa,
        gatekeeper: await gatekeeper,
        builtins: await builtins,
        hostile: await hostile,
        answers: await answers,
        lacking: await lacking,
      },
    };
  }
  const { title, reactor, wapc } = places;
  const [gates, mutator, probe] = await Promise.all([reactor.gates, reactor.mutator, reactor.probe].map(read));
  const modules = Object.entries(wapc).map(async ([name, place]) => [name, await read(place)] as const);
  return {
    title,
    reactor: { gates: gates!, mutator: mutator!, probe: probe! },
    wapc: Object.fromEntries(await Promise.all(modules)),
  };
}
