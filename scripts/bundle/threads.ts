import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Plugin } from 'esbuild';

/** A source file that runs as a worker thread, and the file that starts it. */
export interface Thread {
  /** Absolute. */
  readonly source: string;
  /** Absolute. */
  readonly starter: string;
  /** Of the bundle, as in `server-ticker-thread`. */
  readonly name: string;
  /** How the starter names it: `./thread.ts`. */
  readonly url: string;
}

const URL_OF_THREAD = /new URL\('(\.[^']*thread\.ts)', import\.meta\.url\)/g;

/** Every thread that a source of the packages starts by its URL. */
export function findThreads(root: string): readonly Thread[] {
  const sources = globSync('packages/*/src/**/*.ts', { cwd: root }).filter(
    (file) => !/\.(test|fixture)\.ts$/.test(file),
  );
  return sources.flatMap((file) => {
    const starter = join(root, file);
    return [...readFileSync(starter, 'utf8').matchAll(URL_OF_THREAD)].map(([, url = '']) => {
      const source = join(dirname(starter), url);
      return { source, starter, url, name: nameOf(relative(join(root, 'packages'), source)) };
    });
  });
}

function nameOf(path: string): string {
  return path.replace('/src/', '/').replace(/\.ts$/, '').replaceAll('/', '-');
}

/** In the bundle threads lie beside the program, under names of their own. */
export function threadPlugin(threads: readonly Thread[]): Plugin {
  const byStarter = Map.groupBy(threads, ({ starter }) => starter);
  return {
    name: 'threads',
    setup(build) {
      build.onLoad({ filter: /packages\/[^/]+\/src\/.*\.ts$/ }, ({ path }) => {
        const started = byStarter.get(path);
        if (started === undefined) return undefined;
        const contents = started.reduce(
          (text, { url, name }) => text.replaceAll(`new URL('${url}'`, `new URL('./${name}.mjs'`),
          readFileSync(path, 'utf8'),
        );
        return { contents, loader: 'ts' };
      });
    },
  };
}
