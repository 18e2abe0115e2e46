/** One challenge of a WWW-Authenticate header. Scheme and parameter names are lower-case. */
export interface Challenge {
  readonly scheme: string;
  readonly parameters: ReadonlyMap<string, string>;
}

const MAX_HEADER = 8192;

/**
 * Reads WWW-Authenticate headers, each with one or more challenges. What can't be read ends that header's reading:
 * the server is not trusted, and a guess could send credentials to the wrong place.
 */
export function parseChallenges(headers: readonly string[]): readonly Challenge[] {
  return headers.flatMap((header) => (header.length > MAX_HEADER ? [] : parseHeader(header)));
}

// Sticky patterns, tried at the current place only: the reading is linear.
const SCHEME = /[\s,]*([!#$%&'*+.^_`|~\w-]+)(?:\s+|$|(?=,))/y;
const PARAMETER = /[\s,]*([!#$%&'*+.^_`|~\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/y;

function parseHeader(header: string): readonly Challenge[] {
  const challenges: Challenge[] = [];
  let position = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = position;
    const match = pattern.exec(header);
    if (match !== null) position = pattern.lastIndex;
    return match;
  };
  while (position < header.length) {
    const scheme = take(SCHEME)?.[1];
    if (scheme === undefined) break;
    const parameters = new Map<string, string>();
    for (let found = take(PARAMETER); found !== null; found = take(PARAMETER)) {
      const [, name = '', quoted, token = ''] = found;
      parameters.set(name.toLowerCase(), quoted === undefined ? token : quoted.replaceAll(/\\(.)/g, '$1'));
    }
    challenges.push({ scheme: scheme.toLowerCase(), parameters });
  }
  return challenges;
}
