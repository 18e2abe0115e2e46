import type { Plugin } from 'esbuild';

/**
 * The ES modules of OpenTelemetry ask for gRPC by a `require` of their own making, which no bundler sees: the bundle would
 * miss it. Their CommonJS asks plainly.
 */
export const plainRequires: Plugin = {
  name: 'plain-requires',
  setup(build) {
    build.onResolve({ filter: /^@opentelemetry\// }, ({ path, kind, resolveDir }) =>
      kind === 'import-statement' ? build.resolve(path, { kind: 'require-call', resolveDir }) : undefined,
    );
  },
};

/**
 * The first package that a bundle asks for while it runs, as in `r('@a/b')`; undefined if there is none. Knows packages with
 * a scope alone, and takes methods for something else.
 */
export function missingPackage(bundle: string): string | undefined {
  return /(?<![.\w$])[\w$]+\(["'`](@[\w.-]+\/[\w.-]+)["'`]\)/.exec(bundle)?.[1];
}
