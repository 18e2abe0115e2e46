/**
 * About how many instructions a regular expression becomes. Counted repetitions are written out: `(a{100}){10}` has a
 * thousand, and seven kilobytes of `a{1000}` a million, which take seconds to compile.
 */
export function compiledSize(pattern: string): number {
  const outer: number[] = [];
  let size = 0;
  let atom = 0;
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at];
    if (character === '(') {
      outer.push(size);
      size = 0;
      atom = 0;
      continue;
    }
    if (character === ')') {
      atom = size + 2;
      size = (outer.pop() ?? 0) + atom;
      continue;
    }
    const counted = character === '{' ? COUNT.exec(pattern.slice(at, at + LONGEST_COUNT)) : null;
    if (counted) {
      const [whole, least = '', most = ''] = counted;
      size += atom * Math.max(Number(least), Number(most), 1) - atom;
      at += whole.length - 1;
      continue;
    }
    if (character === '\\') at++;
    else if (character === '[') at = classEnd(pattern, at);
    atom = 1;
    size++;
  }
  return outer.reduce((sum, part) => sum + part, size);
}

const COUNT = /^\{(\d+)(?:,(\d*))?\}/;
/** No count is longer: repetitions of more than 1000 are refused. */
const LONGEST_COUNT = 16;

/** The closing bracket of the class that opens at `at`; a bracket that comes first is a character of it. */
function classEnd(pattern: string, at: number): number {
  let end = at + 1;
  if (pattern[end] === '^') end++;
  if (pattern[end] === ']') end++;
  while (end < pattern.length && pattern[end] !== ']') end += pattern[end] === '\\' ? 2 : 1;
  return end;
}
