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
  /** A TLS handshake, if that is less. */
  readonly handshakeMs: number;
  readonly keepAliveMs: number;
  readonly lingerMs: number;
  readonly tickMs: number;
  readonly connections: number;
  readonly bufferedBytes: number;
}

/** How long a TLS handshake may take, in milliseconds; it is three exchanges of a few kilobytes. */
export const HANDSHAKE_MS = 10_000;

/** Requests at a time on one connection of HTTP/2: as many as client libraries take for granted when nobody says. */
export const H2_STREAMS = 100;

/** How much of a body may be on its way: a body of the limit then takes seven exchanges, not a hundred of 64 KiB. */
export const H2_WINDOW_BYTES = 1024 * 1024;

/**
 * What the protocol's implementation may hold for one connection, in megabytes: every stream's header fields and answers
 * of up to 100 × 32 KiB, and the largest body's answer.
 */
export const H2_SESSION_MEGABYTES = 16;

/**
 * Requests that a client may take back: a burst of twice the streams, as when its own deadline passes for all of them, and
 * then a few a second. One that opens and resets streams without end is disconnected.
 */
export const H2_BURST_OF_RESETS = 2 * H2_STREAMS;
export const H2_RESETS_PER_SECOND = 20;
