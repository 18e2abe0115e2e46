export interface GeneratedFile { readonly path: string; readonly content: string } export function generateApiServerFiles(..._: unknown[]): GeneratedFile[] { return []; }
