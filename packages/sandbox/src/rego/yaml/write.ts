import { CHARACTERS_PER_STEP, charactersOf, step } from '../steps.ts';
import { formatFloat } from '../go/float.ts';
import { isMap, type Json } from '../value/json.ts';
import type { RegoNumber } from '../value/value.ts';
import { compareKeys } from './key-order.ts';
import { resolveScalar } from './scalar.ts';

/** YAML as go-yaml writes it with two spaces of indentation, line for line. */
export function writeYaml(json: Json): string {
  return `${block(json, 0).replace(/^\n/, '')}\n`;
}

function isList(json: Json): json is readonly Json[] {
  return Array.isArray(json);
}

/** A node behind a colon or at the start: collections that are not empty begin on a line of their own. */
function block(json: Json, depth: number): string {
  step();
  if (isMap(json) && json.size > 0) {
    const keys = [...json.keys()].sort(compareKeys);
    return keys.map((key) => `\n${'  '.repeat(depth)}${entry(key, json.get(key) ?? null, depth)}`).join('');
  }
  if (isList(json) && json.length > 0) {
    return json.map((item) => `\n${'  '.repeat(depth)}- ${inner(item, depth + 1)}`).join('');
  }
  return scalar(json, depth);
}

function entry(key: string, value: Json, depth: number): string {
  const below = (isMap(value) && value.size > 0) || (isList(value) && value.length > 0);
  return `${keyOf(key)}:${below ? block(value, depth + 1) : ` ${scalar(value, depth + 1)}`}`;
}

/** A collection in a list begins on the line of its dash. */
function inner(json: Json, depth: number): string {
  const written = block(json, depth);
  step(written.length >> CHARACTERS_PER_STEP);
  const head = `\n${' '.repeat(depth * 2)}`;
  return written.startsWith(head) ? written.slice(head.length) : written;
}

function keyOf(key: string): string {
  return key.includes('\n') ? doubleQuoted(key) : text(key);
}

function scalar(json: Json, depth: number): string {
  if (json === null) return 'null';
  if (typeof json === 'boolean') return String(json);
  if (typeof json === 'string') return json.includes('\n') ? literal(json, depth) : text(json);
  if (isMap(json)) return '{}';
  return isList(json) ? '[]' : numeric(json);
}

/** Integers of 64 bits stay what they are; everything else has been a float64 on its way. */
function numeric({ text: digits }: RegoNumber): string {
  const resolved = resolveScalar(digits);
  const value = resolved !== null && typeof resolved === 'object' ? resolved.text : digits;
  return /^-?\d+$/.test(digits) && value === digits ? digits : formatFloat(Number(digits), 'g', -1);
}

/** The words that YAML 1.1 took for booleans, and its numbers of base 60, are quoted for old readers. */
const OLD_BOOLEAN = /^(?:y|Y|yes|Yes|YES|on|On|ON|n|N|no|No|NO|off|Off|OFF)$/;
const BASE_60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;
const TIMESTAMP =
  /^\d{4}-\d{1,2}-\d{1,2}(?:[Tt ]\s*\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?\s*(?:Z|[-+]\d{1,2}(?::\d\d)?)?)?$/;

function text(value: string): string {
  step(1 + (value.length >> CHARACTERS_PER_STEP));
  const special = !isText(value) || OLD_BOOLEAN.test(value) || BASE_60.test(value) || TIMESTAMP.test(value);
  if (special || hasUnprintable(value)) return doubleQuoted(value);
  return canBePlain(value) ? value : `'${value.replaceAll("'", "''")}'`;
}

function canBePlain(value: string): boolean {
  if (/^(?:---|\.\.\.)/.test(value) || /^[\s,[\]{}#&*!|>'"%@`]/.test(value) || /\s$/.test(value)) return false;
  if (/^[-?:](?:\s|$)/.test(value) || /:(?:\s|$)/.test(value) || /\s#/.test(value)) return false;
  if (/[\u2028\u2029]/.test(value)) return false;
  return true;
}

/** Whether nobody would take the plain word for anything else. */
function isText(value: string): boolean {
  const resolved = resolveScalar(value);
  return resolved === 'string' || resolved === 'merge';
}

/** What go-yaml does not write as it is: controls, tabs among them, separators of lines, and all beyond 16 bits. */
function hasUnprintable(value: string): boolean {
  return /[^\n\u0020-\u007e\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd]/u.test(value);
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\x07': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\x1b': '\\e',
  '"': '\\"',
  '\\': '\\\\',
  '\u0085': '\\N',
  '\u2028': '\\L',
  '\u2029': '\\P',
  '\ufeff': '\\uFEFF',
};

function doubleQuoted(value: string): string {
  const escaped = charactersOf(value).map((character) => {
    step();
    const known = ESCAPES[character];
    if (known !== undefined) return known;
    const code = character.codePointAt(0) ?? 0;
    if (!hasUnprintable(character)) return character;
    if (code < 0x100) return `\\x${hex(code, 2)}`;
    return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
  });
  return `"${escaped.join('')}"`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).toUpperCase().padStart(digits, '0');
}

/** Text of several lines, unless something in it can't stand there. */
function literal(value: string, depth: number): string {
  const unfit = hasUnprintable(value) || / \n/.test(value) || value.endsWith(' ');
  if (unfit) return doubleQuoted(value);
  const indent = '  '.repeat(Math.max(depth, 1));
  const hint = /^[ \n]/.test(value) ? '2' : '';
  const chomp = value.endsWith('\n') ? (value === '\n' || value.endsWith('\n\n') ? '+' : '') : '-';
  const body = value.replace(/\n$/, '').split('\n');
  return `|${hint}${chomp}\n${body.map((line) => (line === '' ? '' : indent + line)).join('\n')}`;
}
