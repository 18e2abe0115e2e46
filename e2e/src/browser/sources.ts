import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The repository's folder, with a slash at its end. */
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** The folders whose sources a browser may load, as URL paths. */
const SERVED = [
  '/packages/wasm/src/',
  '/packages/sandbox/src/',
  '/conformance/src/',
  '/conformance/guests/asking/',
  '/conformance/guests/hostile/',
  '/e2e/src/browser/',
];

/** The packages that the sandbox uses, as they come for browsers: the folder that is served, and the file in it. */
const PACKAGES: Readonly<Record<string, readonly [folder: string, entry: string]>> = {
  re2js: ['/node_modules/re2js/build/', 'index.js'],
  yaml: ['/node_modules/yaml/browser/', 'index.js'],
};

/** A static import or export from another module, at the start of a line, in sources without types. */
const IMPORT = /^((?:import|export)\b[^'"`;]*?\bfrom\s*|import\s*)(['"])([^'"\n]+)\2/gm;

/**
 * The JavaScript of a TypeScript source, for a browser: its types are erased and imports of rooms become URL paths. An
 * import map would do that for a page alone: workers have none.
 *
 * @param path URL path, from the repository's folder
 * @returns undefined for what browsers are not given
 */
export function sourceForBrowser(path: string): string | undefined {
  const { pathname } = new URL(`http://localhost${path}`);
  const folders = Object.values(PACKAGES).map(([folder]) => folder);
  if (pathname.endsWith('.js') && folders.some((folder) => pathname.startsWith(folder))) return readSource(pathname);
  if (!pathname.endsWith('.ts') || !SERVED.some((folder) => pathname.startsWith(folder))) return undefined;
  const typescript = readSource(pathname);
  return (
    typescript &&
    eraseTypes(typescript).replace(IMPORT, (whole, start: string, quote: string, specifier: string) => {
      const entry = PACKAGES[specifier]?.join('');
      if (entry !== undefined) return `${start}${quote}${entry}${quote}`;
      return specifier.startsWith('@ostiary/') ? `${start}${quote}${roomPath(specifier)}${quote}` : whole;
    })
  );
}

/** What a source that {@link sourceForBrowser} gave imports, as it is written there. */
export function importsOf(javascript: string): readonly string[] {
  return [...javascript.matchAll(IMPORT)].map(([, , , specifier]) => specifier!);
}

function readSource(pathname: string): string | undefined {
  try {
    return readFileSync(new URL(`.${pathname}`, pathToFileURL(ROOT)), 'utf8');
  } catch {
    return undefined;
  }
}

/** Spaces take the place of types, so that lines and columns stay. */
function eraseTypes(typescript: string): string {
  return stripTypeScriptTypes(typescript, { mode: 'strip' });
}

function roomPath(specifier: string): string {
  const path = relative(ROOT, fileURLToPath(import.meta.resolve(specifier)));
  return `/${path.split(sep).join('/')}`;
}
