import { lookup } from 'node:dns/promises';
import { jsonOf, ONCE, type Fetched } from '../backend.ts';
import { CapabilityError } from '../errors.ts';
import { createLimiter, raced } from '../flights.ts';

/** Addresses of a host, as the system resolves it. Rejects when it has none. */
export type LookUp = (host: string) => Promise<readonly string[]>;

/** Node gives names at most half of its four threads for files and names; more would only wait there. */
const RUNNING = 2;
const WAITING = 1000;
/** RFC 1035, with the dot at the end. */
const MAX_HOST_LENGTH = 254;

export const systemLookUp: LookUp = async (host) => {
  const found = await lookup(host, { all: true, order: 'verbatim' });
  return [...new Set(found.map(({ address }) => address))];
};

export interface Names {
  readonly resolve: (host: string, signal: AbortSignal) => Promise<Fetched>;
}

/** Names are not remembered: the system's resolver does that by the names' own rules. */
export function createNames(lookUp: LookUp): Names {
  const limiter = createLimiter(RUNNING, WAITING);
  const flights = new Map<string, Promise<readonly string[]>>();
  const fly = (host: string): Promise<readonly string[]> => {
    const flight = flights.get(host) ?? limiter(() => lookUp(host)).finally(() => flights.delete(host));
    flights.set(host, flight);
    return flight;
  };
  return {
    resolve: async (host, signal) => {
      if (host === '' || host.length > MAX_HOST_LENGTH)
        throw new CapabilityError('invalid', 'that is no name of a host');
      const ips = await raced(fly(host), signal, `DNS lookup of ${host}`).catch((cause: unknown) => {
        if (cause instanceof CapabilityError) throw cause;
        throw new CapabilityError('unavailable', `failed to lookup address information of ${host}: ${codeOf(cause)}`, {
          cause,
        });
      });
      return jsonOf({ ips }, ONCE);
    },
  };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}
