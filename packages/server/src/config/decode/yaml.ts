import { isUtf8 } from 'node:buffer';
import { Composer, isScalar, Lexer, LineCounter, Parser, Scalar, type Document, type YAMLParseError } from 'yaml';
import type { Problem } from '../problem.ts';
import { composeNode } from './compose.ts';
import { MAX_DEPTH, MAX_FILE_BYTES, MAX_SYNTAX_ERRORS, TOO_DEEP } from './limits.ts';
import { problemAt, type Source, type SourceNode } from './node.ts';
import { resolvePlain, type ResolvePlain } from './scalar.ts';

export interface SourceDocument {
  readonly source: Source;
  readonly root: SourceNode;
}

export interface ReadOptions {
  /** Ignores documents after the first, as the original does. */
  readonly lenient: boolean;
  /** What plain scalars mean. Default: as to kubectl. */
  readonly resolve?: ResolvePlain;
  readonly report: (problem: Problem) => void;
}

/**
 * Reads the first document of a YAML or JSON file. Returns undefined after reporting at least one problem:
 * not UTF-8, too large, nested too deeply, no valid YAML, empty, or (unless lenient) a second document.
 */
export function readDocument(file: string, bytes: Uint8Array, options: ReadOptions): SourceDocument | undefined {
  const lines = new LineCounter();
  // Driven token by token, the parser tells the counter about every line but the first.
  lines.addNewLine(0);
  const source: Source = { file, position: (offset) => position(lines, offset) };
  let clean = true;
  const report = (offset: number, message: string, field = ''): void => {
    clean = false;
    options.report(problemAt(source, offset, field, message));
  };
  const root = readRoot(bytes, lines, options, report);
  return root === undefined || !clean ? undefined : { source, root };
}

function position(lines: LineCounter, offset: number): { line: number; column: number } {
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}

type Report = (offset: number, message: string, field?: string) => void;

function readRoot(
  bytes: Uint8Array,
  lines: LineCounter,
  { lenient, resolve = resolvePlain }: ReadOptions,
  report: Report,
): SourceNode | undefined {
  if (bytes.length > MAX_FILE_BYTES) {
    report(0, `expected at most ${MAX_FILE_BYTES} bytes, found ${bytes.length}`);
    return undefined;
  }
  const text = decodeText(bytes, lines, report);
  if (text === undefined) return undefined;
  const [first, second] = parseDocuments(text, lines, lenient, report);
  if (first === undefined) return undefined;
  if (isEmpty(first)) {
    report(0, 'expected a document, found an empty file');
    return undefined;
  }
  if (second !== undefined && !lenient && (second.errors.length > 0 || !isEmpty(second))) {
    report(second.contents?.range?.[0] ?? second.range[0], 'expected one document, found a second one');
  }
  if (first.errors.length > 0) {
    for (const error of first.errors.slice(0, MAX_SYNTAX_ERRORS)) report(error.pos[0], syntaxMessage(error));
    return undefined;
  }
  return composeNode(first, resolve, report);
}

function decodeText(bytes: Uint8Array, lines: LineCounter, report: Report): string | undefined {
  if (isUtf8(bytes)) return new TextDecoder().decode(bytes);
  let start = 0;
  for (;;) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline === -1 ? bytes.length : newline;
    if (!isUtf8(bytes.subarray(start, end))) break;
    start = end + 1;
    lines.addNewLine(start);
  }
  report(start, 'expected UTF-8 text, found other bytes in this line');
  return undefined;
}

/** The first two documents at most: whether there is a second one is all that matters of the rest. */
function parseDocuments(text: string, lines: LineCounter, lenient: boolean, report: Report): Document.Parsed[] {
  const tokens = parseTokens(text, lines, report);
  if (tokens === undefined) return [];
  // Scalars stay text, and keys may repeat: what they mean is decided by this folder, not by the library's schemas.
  const composer = new Composer({ version: '1.1', schema: 'failsafe', merge: false, uniqueKeys: false });
  const documents: Document.Parsed[] = [];
  for (const document of composer.compose(tokens, true, text.length)) {
    documents.push(document);
    if (lenient || documents.length === 2) break;
  }
  return documents;
}

/**
 * Drives the parser token by token so that it can be stopped before it has built a deeply nested flow
 * collection, which costs it time that grows with the square of the depth.
 */
function parseTokens(text: string, lines: LineCounter, report: Report) {
  const parser = new Parser(lines.addNewLine);
  const tokens = [];
  let [depth, offset] = [0, 0];
  for (const lexeme of new Lexer().lex(text)) {
    if (lexeme === '[' || lexeme === '{') depth += 1;
    if (lexeme === ']' || lexeme === '}') depth -= 1;
    if (depth > MAX_DEPTH) {
      report(offset, TOO_DEEP);
      return undefined;
    }
    tokens.push(...parser.next(lexeme));
    if (!CONTROL_LEXEMES.has(lexeme)) offset += lexeme.length;
  }
  tokens.push(...parser.end());
  return tokens;
}

/** The lexer marks with these what the text itself does not spell: document start, flow error end, scalar. */
const CONTROL_LEXEMES = new Set(['\u0002', '\u0018', '\u001f']);

/** The library composes recursively and reports an exhausted stack as an error of the document. */
function syntaxMessage({ code, message }: YAMLParseError): string {
  return code === 'RESOURCE_EXHAUSTION' ? TOO_DEEP : `invalid YAML: ${message}`;
}

/** Comments alone, nothing at all, or an explicit null. */
function isEmpty(document: Document.Parsed): boolean {
  if (document.errors.length > 0) return false;
  const { contents } = document;
  return contents === null || (isScalar(contents) && contents.type === Scalar.PLAIN && isPlainNull(contents));
}

function isPlainNull({ tag, value }: Scalar): boolean {
  return tag === undefined && resolvePlain(String(value)) === null;
}
