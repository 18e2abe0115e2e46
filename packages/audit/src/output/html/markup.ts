/** Text that is HTML already. All other text is escaped where it is put into a template. */
export interface Markup {
  readonly markup: string;
}

export type Part = Markup | string | number | undefined | readonly (Markup | string)[];

/** A template of HTML: what is filled in is escaped, unless it is markup itself. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return { markup: strings.reduce((text, string, at) => text + textOf(parts[at - 1]) + string) };
}

function textOf(part: Part): string {
  if (part === undefined) return '';
  if (typeof part === 'number') return String(part);
  if (typeof part === 'string') return escape(part);
  return 'markup' in part ? part.markup : part.map(textOf).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
