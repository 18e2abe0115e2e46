/** UTF-16 units of a source text. The API server's own compiler stops at 100,000 code points. */
export const MAX_SOURCE_LENGTH = 100_000;

/**
 * Levels of an expression's tree. Every pass over the tree recurses once per level with a handful of frames, and Node's
 * default stack holds about 10,000 of them: 250 × ~10 leaves room for the caller. The API server has the same bound.
 */
export const MAX_EXPRESSION_DEPTH = 250;

/** Levels of a value that equality and formatting descend into; each level costs two frames. */
export const MAX_VALUE_DEPTH = 500;

/**
 * Cost units of one evaluation, the API server's limit for one expression. A unit is one node evaluated, one element
 * compared, or ten units of text looked at: about 50 ns, so a runaway ends within a tenth of a second or so.
 */
export const DEFAULT_COST_LIMIT = 1_000_000;

/** Units of text that cost one unit. */
export const TEXT_PER_COST = 10;

/** UTF-16 units of a regular expression; RE2's automaton is built before any cost could stop it. */
export const MAX_PATTERN_LENGTH = 2_000;
