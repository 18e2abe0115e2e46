import { Document } from 'yaml';

/** One generated file: a relative path with `/`, and its whole text. */
export interface GeneratedFile {
  readonly path: string;
  readonly content: string;
}

/**
 * Values as YAML documents in one file, under a comment. Strings that some YAML 1.1 reader, such as kubectl or the
 * API server, would take for something else are quoted.
 */
export function yamlFile(path: string, comment: string, ...values: readonly unknown[]): GeneratedFile {
  const documents = values.map((value) => {
    const document = new Document(value, { version: '1.1', aliasDuplicateObjects: false });
    // The version decides the quoting only; readers of YAML 1.2 need no directive that says so.
    return document.toString({ lineWidth: 0, directives: false });
  });
  return { path, content: commented(comment) + documents.join('---\n') };
}

/** Every line behind `# `. */
export function commented(text: string): string {
  return `${text
    .split('\n')
    .map((line) => `# ${line}`)
    .join('\n')}\n`;
}
