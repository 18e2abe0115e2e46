/** What every host allows its guests: the sandbox's defaults, which the peers repeat. */
export const LIMITS = { timeoutMs: 2000, memoryBytes: 128 * 1024 * 1024 };
