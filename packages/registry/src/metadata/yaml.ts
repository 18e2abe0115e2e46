import { Document, LineCounter, parseDocument } from 'yaml';
import type { Problem } from './problem.ts';

/** Metadata and verification files are a few KiB. */
const MAX_YAML_CHARACTERS = 256 * 1024;

/** What a module carries may have a usage text besides. */
const MAX_JSON_CHARACTERS = 1024 * 1024;

/** Problems that are reported of one file. */
const MAX_PROBLEMS = 100;

/**
 * Far deeper than anything these files hold, and far from the end of the parser's stack. Brackets in texts count too,
 * which is why it is not lower.
 */
const MAX_FLOW_DEPTH = 500;

/** A file as it is being read: collects every problem, so that they are reported at once. */
export interface Reading {
  readonly file: string;
  readonly problems: Problem[];
  readonly document: Document;
  readonly lines: LineCounter;
  places: number;
}

/** A value of the file, and where it stands. */
export interface Place {
  readonly reading: Reading;
  readonly node: unknown;
  readonly field: string;
  readonly offset: number;
}

/** Reads one YAML or JSON document. `root` is undefined after problems that leave nothing to read. */
export function readYaml(
  text: string,
  file: string,
): { readonly root: Place | undefined; readonly problems: Problem[] } {
  const refusal = unreadable(text);
  if (refusal !== undefined) {
    return { root: undefined, problems: [{ file, line: 1, column: 1, field: '', message: refusal }] };
  }
  const lines = new LineCounter();
  // Whether keys repeat is checked where mappings are read: the parser's own check is quadratic.
  const document = parseDocument(text, { lineCounter: lines, version: '1.2', merge: false, uniqueKeys: false });
  const reading: Reading = { file, problems: [], document, lines, places: 0 };
  const root: Place = { reading, node: document.contents, field: '', offset: 0 };
  for (const error of document.errors.slice(0, 10)) {
    const message = `invalid YAML: ${error.message.split('\n', 1)[0] ?? ''}`;
    refuse({ ...root, offset: error.pos[0] }, message);
  }
  return { root: document.errors.length > 0 ? undefined : root, problems: reading.problems };
}

/** The same readers over a JSON document; its problems have no position of use. */
export function readJson(
  text: string,
  file: string,
): { readonly root: Place | undefined; readonly problems: Problem[] } {
  const reading: Reading = { file, problems: [], document: new Document(), lines: new LineCounter(), places: 0 };
  const root: Place = { reading, node: undefined, field: '', offset: 0 };
  if (text.length > MAX_JSON_CHARACTERS) {
    refuse(root, `expected at most ${MAX_JSON_CHARACTERS} characters, found ${text.length}`);
    return { root: undefined, problems: reading.problems };
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    refuse(root, 'expected JSON');
    return { root: undefined, problems: reading.problems };
  }
  if (isDeeperThan(value, MAX_JSON_DEPTH)) {
    refuse(root, `nested more than ${MAX_JSON_DEPTH} deep`);
    return { root: undefined, problems: reading.problems };
  }
  return { root: { ...root, node: reading.document.createNode(value) }, problems: reading.problems };
}

const MAX_JSON_DEPTH = 64;

function isDeeperThan(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth === 0 || Object.values(value).some((item) => isDeeperThan(item, depth - 1));
}

function unreadable(text: string): string | undefined {
  if (text.length > MAX_YAML_CHARACTERS)
    return `expected at most ${MAX_YAML_CHARACTERS} characters, found ${text.length}`;
  let depth = 0;
  for (const character of text) {
    if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') depth = Math.max(0, depth - 1);
    if (depth > MAX_FLOW_DEPTH) return `nested more than ${MAX_FLOW_DEPTH} deep`;
  }
  return undefined;
}

/** Reports a problem at a place. Returns undefined, so that a reader can return it as its result. */
export function refuse({ reading, field, offset }: Place, message: string): undefined {
  const { line, col } = reading.lines.lineStarts.length === 0 ? { line: 1, col: 1 } : reading.lines.linePos(offset);
  const known = reading.problems.some(
    (problem) =>
      problem.line === line && problem.column === col && problem.field === field && problem.message === message,
  );
  if (known || reading.problems.length >= MAX_PROBLEMS) return undefined;
  reading.problems.push({ file: reading.file, line, column: col, field, message });
  return undefined;
}
