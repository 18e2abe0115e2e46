/** Signatures of one image that are looked at. Every release of a policy is signed a few times, not hundreds. */
export const MAX_SIGNATURES = 100;

/** Referrers whose manifests are fetched: room for attestations and bills of materials beside the signatures. */
export const MAX_REFERRERS = 200;

/** A simple-signing payload is some 300 bytes plus what the signer adds. */
export const MAX_PAYLOAD_BYTES = 64 * 1024;

/** A signature with its certificate, log entry and timestamp is below 20 KiB; an attestation may be large. */
export const MAX_BUNDLE_BYTES = 1024 * 1024;

/** An annotation of a signature layer: a certificate of a few KiB, or a log entry that holds one in base64 twice. */
export const MAX_ANNOTATION_CHARACTERS = 128 * 1024;

/** Log entries, and timestamps, of one bundle. Each costs a signature verification. */
export const MAX_EVIDENCE = 8;

/** Certificates of a chain that a guest or a file gives. */
export const MAX_CHAIN = 10;

/** A trusted root is some 10 KiB. */
export const MAX_TRUST_ROOT_BYTES = 4 * 1024 * 1024;

/** Signatures whose failure is explained for each constraint; the rest is counted. */
export const MAX_EXPLAINED = 10;
