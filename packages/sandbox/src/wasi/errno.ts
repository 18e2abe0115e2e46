/** The error numbers of wasi_snapshot_preview1 that this host answers with. */
export const ERRNO = { success: 0, badf: 8, fault: 21, inval: 28, nosys: 52, notsock: 57, spipe: 70 } as const;
