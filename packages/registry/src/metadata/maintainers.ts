/** Somebody to write to. */
export interface Maintainer {
  readonly name: string;
  readonly email: string;
}

/** An address as people write them: no comments, no quoted local part, no address literals. */
const EMAIL = /^[^\s@<>(),:;"\\[\]]+@[^\s@<>(),:;"\\[\]]+$/;

/** Reads `Ada <ada@example.com>, "Babbage, Charles" <cb@example.com>`; undefined when part of it is no address. */
export function parseMaintainers(text: string): readonly Maintainer[] | undefined {
  const maintainers = splitOutsideQuotes(text).map(parseOne);
  return maintainers.every((maintainer) => maintainer !== undefined) ? maintainers : undefined;
}

function splitOutsideQuotes(text: string): readonly string[] {
  const parts: string[] = [];
  let [current, quoted] = ['', false];
  for (const character of text) {
    if (character === '"') quoted = !quoted;
    if (character === ',' && !quoted) {
      parts.push(current);
      current = '';
    } else {
      current += character;
    }
  }
  return [...parts, current];
}

function parseOne(text: string): Maintainer | undefined {
  const trimmed = text.trim();
  const open = trimmed.lastIndexOf('<');
  const bracketed = open !== -1 && trimmed.endsWith('>');
  const email = bracketed ? trimmed.slice(open + 1, -1).trim() : trimmed;
  if (!EMAIL.test(email)) return undefined;
  const name = bracketed ? trimmed.slice(0, open).trim().replaceAll('"', '') : '';
  return { name: name === '' ? email : name, email };
}
