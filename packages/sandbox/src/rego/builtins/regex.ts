import { compilePattern, expand, findAll, type Match } from '../go/pattern.ts';
import { within } from '../limits.ts';
import { charactersOf, step } from '../steps.ts';
import { BuiltinError, clampToInt, onString, operands, type Family } from './builtin.ts';

export const regex: Family = {
  'regex.split': (args, { checkTime }) => {
    const { string } = operands(args);
    return split(string(1), string(2), findAll(compilePattern(string(1)), string(2), -1, checkTime));
  },
  'regex.find_n': (args, { checkTime }) => {
    const { string, integer } = operands(args);
    const matches = findAll(compilePattern(string(1)), string(2), clampToInt(integer(3)), checkTime);
    return matches.map(([whole]) => whole?.text ?? '');
  },
  'regex.find_all_string_submatch_n': (args, { checkTime }) => {
    const { string, integer } = operands(args);
    const matches = findAll(compilePattern(string(1)), string(2), clampToInt(integer(3)), checkTime);
    return matches.map((groups) => groups.map((group) => group?.text ?? ''));
  },
  'regex.replace': (args, { checkTime }) => {
    const { string } = operands(args);
    return replace(string(1), string(2), string(3), checkTime);
  },
  'regex.template_match': (args, { checkTime }) => {
    const { string } = operands(args);
    const [start, end] = [string(3), string(4)];
    if (!isByte(start) || !isByte(end)) throw new BuiltinError('delimiters have to be exactly one character long');
    return findAll(compilePattern(templatePattern(string(1), start, end)), string(2), 1, checkTime).length > 0;
  },
  'glob.quote_meta': onString((text) => charactersOf(text).map(quoteGlob).join('')),
};

/** Escapes what has a meaning in a glob. */
function quoteGlob(character: string): string {
  step();
  return '*?\\[]{}'.includes(character) ? `\\${character}` : character;
}

function isByte(text: string): boolean {
  return text.length === 1 && text.charCodeAt(0) < 0x80;
}

function split(pattern: string, text: string, matches: readonly Match[]): string[] {
  if (text === '' && pattern !== '') return [''];
  const pieces: string[] = [];
  let begin = 0;
  let end = 0;
  for (const [whole] of matches) {
    if (!whole) continue;
    end = whole.start;
    // A match of nothing at the very beginning separates nothing.
    if (whole.end !== 0) pieces.push(text.slice(begin, end));
    begin = whole.end;
  }
  if (end !== text.length) pieces.push(text.slice(begin));
  return pieces;
}

function replace(text: string, pattern: string, template: string, checkTime: () => void): string {
  const compiled = compilePattern(pattern);
  const out: string[] = [];
  let last = 0;
  let written = 0;
  for (const match of findAll(compiled, text, -1, checkTime)) {
    const [whole] = match;
    if (!whole) continue;
    const replacement = expand(template, match, compiled.namedGroups());
    written += replacement.length;
    within(written, 'characters');
    out.push(text.slice(last, whole.start), replacement);
    last = whole.end;
  }
  return out.join('') + text.slice(last);
}

/** Parts between the delimiters are patterns, everything else is itself. */
function templatePattern(template: string, open: string, close: string): string {
  const out = ['^'];
  let level = 0;
  let last = 0;
  for (let at = 0; at < template.length; at++) {
    const character = template[at];
    if (character === open && ++level === 1) {
      out.push(quote(template.slice(last, at)));
      last = at + 1;
    } else if (character === close && character !== open && --level === 0) {
      const part = template.slice(last, at);
      compilePattern(`^${part}$`);
      out.push('(', part, ')');
      last = at + 1;
    }
    if (level < 0) break;
  }
  if (level !== 0) throw new BuiltinError('unbalanced delimiters');
  return `${out.join('')}${quote(template.slice(last))}$`;
}

function quote(text: string): string {
  return text.replaceAll(/[\\.+*?()|[\]{}^$]/g, String.raw`\$&`);
}
