import { RegistryError, isRegistryError, type RegistryErrorCode } from '../errors.ts';
import { describeUrl } from './failure.ts';

/** One way to reach a host. */
export interface Rung {
  readonly protocol: 'https:' | 'http:';
  readonly verify: boolean;
}

const HTTPS: Rung = { protocol: 'https:', verify: true };
const UNVERIFIED: Rung = { protocol: 'https:', verify: false };
const PLAIN: Rung = { protocol: 'http:', verify: false };

/** Failures to get any answer. */
const CLIMBS: ReadonlySet<RegistryErrorCode> = new Set(['tls', 'network', 'timeout']);

/**
 * The protocol ladder: HTTPS, and for insecure hosts only, HTTPS without a certificate check, then plain HTTP. What
 * worked is remembered per host for the life of the client, so that later trouble never climbs down from a checked
 * connection. Contract: authoring §3.4.
 */
export interface Ladder {
  /** Runs `attempt` on each rung of the host until one gets an answer of the server. */
  climb<T>(host: string, attempt: (rung: Rung) => Promise<T>): Promise<T>;
  /** Whether the certificate of a URL that a server named is to be checked. Throws `redirect` if it isn't to be asked. */
  verifyOf(url: URL): boolean;
  isInsecure(host: string): boolean;
}

export function createLadder(insecure: ReadonlySet<string>): Ladder {
  const proven = new Map<string, Rung>();

  return {
    isInsecure: (host) => insecure.has(host),
    verifyOf(url) {
      const isInsecure = insecure.has(url.host);
      if (url.protocol === 'https:') return !isInsecure || proven.get(url.host) === HTTPS;
      if (url.protocol === 'http:' && isInsecure) return false;
      throw new RegistryError(
        'redirect',
        `${describeUrl(url)} is not asked: only HTTPS is, or plain HTTP of hosts in insecure_sources`,
      );
    },
    async climb(host, attempt) {
      if (!insecure.has(host)) return attempt(HTTPS);
      const known = proven.get(host);
      if (known !== undefined) return attempt(known);
      const failures: RegistryError[] = [];
      for (const rung of [HTTPS, UNVERIFIED, PLAIN]) {
        try {
          const answer = await attempt(rung);
          proven.set(host, rung);
          return answer;
        } catch (error) {
          // Everything else is an answer of the server: the rung holds, and the next one would hide what is wrong.
          // An unsatisfied answer over plain HTTP may be a TLS server's complaint, so that one proves nothing.
          if (!isRegistryError(error) || !CLIMBS.has(error.code)) {
            if (rung !== PLAIN && !isRegistryError(error, 'aborted')) proven.set(host, rung);
            throw error;
          }
          failures.push(error);
        }
      }
      throw joined(failures);
    },
  };
}

/** The last rung decides whether to try again; the first one mostly says what is wrong. */
function joined(failures: readonly RegistryError[]): RegistryError {
  const [first, last] = [failures[0], failures.at(-1)];
  const message = `${last?.message ?? 'no rung'}; before that ${first?.message ?? ''}`;
  return new RegistryError(last?.code ?? 'network', message, { cause: first });
}
