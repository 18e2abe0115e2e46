import { charactersOf } from '../steps.ts';
/**
 * The order in which go-yaml writes keys: letters before what is no letter, and numbers in keys by their value, so that
 * `a2` comes before `a10`.
 */
export function compareKeys(a: string, b: string): number {
  const [left, right] = [charactersOf(a), charactersOf(b)];
  let digits = false;
  for (let at = 0; at < left.length && at < right.length; at++) {
    const [x = '', y = ''] = [left[at], right[at]];
    if (x === y) {
      digits = isDigit(x);
      continue;
    }
    return compareFrom(left, right, at, digits);
  }
  return left.length - right.length;
}

function compareFrom(a: readonly string[], b: readonly string[], at: number, digits: boolean): number {
  const [x = '', y = ''] = [a[at], b[at]];
  const [xLetter, yLetter] = [isLetter(x), isLetter(y)];
  if (xLetter && yLetter) return order(x, y);
  if (xLetter || yLetter) return digits ? (xLetter ? -1 : 1) : xLetter ? 1 : -1;
  // Zeros behind another digit are part of a number that is larger for them.
  const lead = (x === '0' || y === '0') && /[1-9]\p{Nd}*$/u.test(a.slice(0, at).join('')) ? '1' : '';
  const [xNumber, yNumber] = [numberFrom(a, at, lead), numberFrom(b, at, lead)];
  if (xNumber.value !== yNumber.value) return xNumber.value < yNumber.value ? -1 : 1;
  return xNumber.end - yNumber.end || order(x, y);
}

function numberFrom(
  text: readonly string[],
  at: number,
  lead: string,
): { readonly value: bigint; readonly end: number } {
  let end = at;
  while (isDigit(text[end] ?? '')) end++;
  return { value: BigInt(`${lead}${text.slice(at, end).join('')}` || '0'), end };
}

function order(x: string, y: string): number {
  return (x.codePointAt(0) ?? 0) - (y.codePointAt(0) ?? 0);
}

function isDigit(character: string): boolean {
  return /^\p{Nd}$/u.test(character);
}

function isLetter(character: string): boolean {
  return /^\p{L}$/u.test(character);
}
