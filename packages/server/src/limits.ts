/**
 * The largest request body. The API server takes objects of up to 3 MiB (its own limit on request bodies); an UPDATE
 * review carries two of them, the new and the old one, and at most 1 MiB of everything else: 2 × 3 + 1 = 7 MiB.
 */
export const MAX_BODY_BYTES = 7 * 1024 * 1024;

/**
 * client-go keeps idle connections for 90 s. Keeping them longer than the client does avoids the race in which a
 * request meets a connection that the server is just closing.
 */
export const KEEP_ALIVE_MS = 120_000;

/** A TLS handshake, the headers and the body of a request must each be here within this time. */
export const REQUEST_ARRIVAL_MS = 30_000;

/** Headers of the API server take a few hundred bytes. */
export const MAX_HEADER_BYTES = 16 * 1024;
