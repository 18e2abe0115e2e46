import { access } from 'node:fs/promises';
import { basename, isAbsolute, join, relative } from 'node:path';
import type { Origin } from '@ostiary/audit';
import type { Place } from '../request/places.ts';

/** Says where manifests are in words that a code host understands: relative to the folder that this runs in. */
export type Locate = (place: Place) => Promise<Origin>;

export function createLocator(cwd: string): Locate {
  const templates = new Map<string, Promise<string>>();
  return async ({ file, line, template }) => {
    const own = { file: relativeTo(cwd, file), line };
    if (template === undefined) return own;
    const found = templates.get(template) ?? findTemplate(cwd, template);
    templates.set(template, found);
    return { ...own, template: await found };
  };
}

/**
 * Helm names a template `CHART/templates/FILE`, whatever folder the chart is in: it may be here, among `charts`, or be
 * this folder itself. Elsewhere the name stays Helm's.
 */
async function findTemplate(cwd: string, template: string): Promise<string> {
  const [chart = '', ...rest] = template.split('/');
  const candidates = [template, join('charts', template), ...(chart === basename(cwd) ? [join(...rest)] : [])];
  for (const candidate of candidates) {
    const isThere = await access(join(cwd, candidate)).then(
      () => true,
      () => false,
    );
    if (isThere) return candidate;
  }
  return template;
}

function relativeTo(cwd: string, file: string): string {
  if (!isAbsolute(file)) return file;
  const path = relative(cwd, file);
  return path.startsWith('..') ? file : path;
}
