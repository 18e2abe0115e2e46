/** What the capabilities may take; tests narrow it. */
export interface CapabilityLimits {
  /** How long the first list of a selection may take before a question fails. Webhooks wait 10 s by default. */
  readonly firstListMs: number;
  /** How long a copy may be behind the server before questions about it fail. */
  readonly maxStaleMs: number;
  /** Selections that nobody has asked for so long are no longer followed. */
  readonly unusedMs: number;
  /** Selections that are followed at the same time, each of which is a connection's stream to the API server. */
  readonly watches: number;
  /** How many of them one policy may bring about. */
  readonly watchesPerPolicy: number;
  /** The JSON of all objects of all selections, in bytes. */
  readonly watchedBytes: number;
  /** Between two versions of a Rego inventory. */
  readonly inventoryMs: number;
  /** One fetch of an object, an access review, a manifest, a signature or a name. */
  readonly fetchMs: number;
}

export const DEFAULT_LIMITS: CapabilityLimits = {
  firstListMs: 9000,
  maxStaleMs: 60_000,
  unusedMs: 30 * 60_000,
  watches: 256,
  watchesPerPolicy: 64,
  // The reported large cluster: 3,200 namespaces, 10,500 ingresses, 11,000 role bindings at 3 KiB are 75 MiB.
  watchedBytes: 1024 * 1024 * 1024,
  inventoryMs: 100,
  fetchMs: 9000,
};
