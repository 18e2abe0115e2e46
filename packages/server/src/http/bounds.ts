/** Header fields of one request; the API server sends about ten. */
export const MAX_FIELDS = 100;

/**
 * Connections of one serving thread. An API server keeps at most 25 idle connections to a host and opens more only while
 * calls are in flight, of which it takes 600 by default: 2048 leave room for three API servers whose every request
 * waits for one and the same thread.
 */
export const MAX_CONNECTIONS = 2048;

/**
 * Bytes of bodies that one serving thread collects at a time, over all its connections: nine pairs of the largest body
 * and the buffer of twice its size that it may be growing out of. Bodies that arrive in one piece don't count.
 */
export const MAX_BUFFERED_BYTES = 128 * 1024 * 1024;

/** How long a connection goes on taking what the client still sends after the last answer, in milliseconds. */
export const LINGER_MS = 2000;

/** How much it takes then: a body of twice the limit is taken whole, so that its sender gets to read why it was refused. */
export const LINGER_BYTES = 16 * 1024 * 1024;

/** Pipelined requests answered before other connections have their turn. */
export const PIPELINE_BURST = 16;

/** How often deadlines are looked at, in milliseconds: fine enough for limits of seconds. */
export const TICK_MS = 1000;

/** The limits that a front applies to its connections. */
export interface FrontLimits {
  /** A TLS handshake, the head of a request, its body, and the client's taking of an answer: each within this time. */
  readonly arrivalMs: number;
  readonly keepAliveMs: number;
  readonly lingerMs: number;
  readonly tickMs: number;
  readonly connections: number;
  readonly bufferedBytes: number;
}
