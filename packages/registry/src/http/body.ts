import { RegistryError } from '../errors.ts';
import { describeUrl, transportError } from './failure.ts';
import { SLOWEST, type Timeouts } from './limits.ts';

/** The body of an answer. It is read once: by `chunks`, `bytes` or `discard`, one of which must be called. */
export interface Body {
  /** The bytes as they come. Throws `timeout` if they come too slowly, `network` if the connection breaks. */
  chunks(): AsyncIterable<Uint8Array>;
  /** All of at most `limit` bytes. Throws `too-large` at the first byte more. */
  bytes(limit: number): Promise<Uint8Array>;
  /** Frees the connection, for use again if little is left. */
  discard(): Promise<void>;
}

/** What undici gives. */
interface RawBody extends AsyncIterable<Uint8Array> {
  dump(options: { limit: number }): Promise<void>;
}

interface BodyContext {
  readonly method: string;
  readonly url: URL;
  readonly timeouts: Timeouts;
  /** Ends the exchange: stops timers, lets go of the caller's signal. */
  readonly done: () => void;
}

/** Bytes that are read to keep a connection; a new one is cheaper than more of them. */
const DISCARD_LIMIT = 64 * 1024;

export function readBody(raw: RawBody, context: BodyContext): Body {
  const { method, url, timeouts, done } = context;

  async function* chunks(): AsyncGenerator<Uint8Array> {
    const start = performance.now();
    let received = 0;
    try {
      for await (const chunk of raw) {
        received += chunk.length;
        if (performance.now() - start > timeouts.grace + (received / SLOWEST) * 1000) {
          throw new RegistryError('timeout', `${method} ${describeUrl(url)}: the body comes too slowly`);
        }
        yield chunk;
      }
    } catch (error) {
      throw transportError(error, method, url);
    } finally {
      done();
    }
  }

  return {
    chunks,
    async bytes(limit) {
      const parts: Uint8Array[] = [];
      let size = 0;
      for await (const chunk of chunks()) {
        size += chunk.length;
        if (size > limit) {
          throw new RegistryError('too-large', `${method} ${describeUrl(url)}: the answer exceeds ${limit} bytes`);
        }
        parts.push(chunk);
      }
      return Buffer.concat(parts, size);
    },
    async discard() {
      // Whatever is wrong with bytes that nobody wants doesn't matter.
      await raw.dump({ limit: DISCARD_LIMIT }).catch(() => undefined);
      done();
    },
  };
}
