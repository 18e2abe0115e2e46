import type { Document as YamlDocument, LineCounter, Node } from 'yaml';

/** Where an object is written. */
export interface Place {
  /** A path, or a word for what has none. */
  readonly file: string;
  /** Of its first member, from 1. */
  readonly line: number;
  /** What Helm has made it from: a path below the folder that the chart is in. */
  readonly template?: string | undefined;
}

/** The place of a document, and those of its items if it is a list. */
export interface Places {
  readonly place: Place;
  readonly items: readonly Place[];
}

const WHITESPACE = /^\s*/;
const MAX_JSON_LENGTH = 1024 * 1024;

/** The places in a document of YAML; `lines` has to have counted them. */
export function placesOf(document: YamlDocument.Parsed, lines: LineCounter, file: string): Places {
  const template = templateOf(document);
  const placeAt = (node: Node | null | undefined): Place => {
    const line = lines.linePos(node?.range?.[0] ?? 0).line;
    return template === undefined ? { file, line } : { file, line, template };
  };
  const items = document.contents === null || !('items' in document.contents) ? undefined : document.get('items', true);
  const nodes = typeof items === 'object' && items !== null && 'items' in items ? (items.items as unknown[]) : [];
  return { place: placeAt(document.contents), items: nodes.map((node) => placeAt(node as Node | null)) };
}

/**
 * The places in a text of JSON, whose own parser tells none. Every JSON text is YAML, which takes a second for a few MB:
 * items of longer lists are where the list begins.
 */
export async function placesInJson(text: string, file: string): Promise<Places> {
  const line = (WHITESPACE.exec(text)?.[0] ?? '').split('\n').length;
  const own = { place: { file, line }, items: [] };
  if (text.length > MAX_JSON_LENGTH || !text.includes('"items"')) return own;
  const { LineCounter, parseDocument } = await import('yaml');
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, logLevel: 'error' });
  return document.errors.length > 0 ? own : placesOf(document, lines, file);
}

/** Helm writes the template's name into a comment before each document. */
function templateOf({ commentBefore, contents }: YamlDocument.Parsed): string | undefined {
  const comments = `${commentBefore ?? ''}\n${contents?.commentBefore ?? ''}`;
  return /^\s*Source:\s+(\S+)\s*$/m.exec(comments)?.[1];
}
