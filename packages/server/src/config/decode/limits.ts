/**
 * As much as a ConfigMap or a Secret can hold. Text that parses worst takes some seconds per megabyte, and a reload
 * must not stop the gates for long.
 */
export const MAX_FILE_BYTES = 1024 * 1024;

/** How deep lists and mappings may stand in each other. Real configuration stays below 20. */
export const MAX_DEPTH = 200;

export const TOO_DEEP = `expected at most ${MAX_DEPTH} levels, found a deeper one`;

/**
 * How heavy a document may become when its aliases are followed: sixteen times the largest file. Repeating a
 * block stays possible; ten levels of ten aliases each do not.
 */
export const MAX_WEIGHT = 16 * 1024 * 1024;

/** One syntax error often entails others; the first ones tell enough. */
export const MAX_SYNTAX_ERRORS = 10;
