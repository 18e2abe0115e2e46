import type { CommandContext } from './context.ts';

/** Errors whose messages are lines of `file:line:column: problem`, complete as they are. */
const COMPLETE: ReadonlySet<string> = new Set(['ConfigError', 'LoadError']);

/** A chain of causes is cut here; an honest one is three or four long. */
const MAX_CAUSES = 8;

/** An error as a person reads it, and what to do next where that is known; no stack. Scripts of kwctl find its words. */
export function describeFailure(error: unknown, { program }: CommandContext): string {
  if (!(error instanceof Error)) return `${program}: ${String(error)}`;
  if (program === 'kwctl') return `Error: ${error.message}${causes(error)}`;
  if (COMPLETE.has(error.name)) return error.message;
  const hint = hintOf(error);
  return `ostiary: ${error.message}${hint === undefined ? '' : `\n  ${hint}`}`;
}

/** What was wrong beneath, unless the message above it says so already. */
function causes(error: Error): string {
  const lines: string[] = [];
  let said = error.message;
  let cause = error.cause;
  while (cause instanceof Error && lines.length < MAX_CAUSES) {
    if (!said.includes(cause.message)) lines.push(`    ${lines.length}: ${cause.message}`);
    said += cause.message;
    cause = cause.cause;
  }
  return lines.length === 0 ? '' : `\n\nCaused by:\n${lines.join('\n')}`;
}

/** The next step, by the code of the error. */
function hintOf(error: Error): string | undefined {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (error.name === 'RegistryError' || error.name === 'TrustError') return HINTS[code];
  return 'hint' in error && typeof error.hint === 'string' ? error.hint : undefined;
}

const HINTS: Readonly<Record<string, string>> = {
  unauthorized:
    'log in with `docker login REGISTRY` or name a folder with a config.json: --docker-config-json-path DIR',
  denied: 'the credentials are valid but may not do this; ask the owner of the repository',
  tls: 'name its authority under source_authorities in a file, and pass it: --sources-path FILE',
  network: 'is the address right? Proxies are taken from HTTPS_PROXY, HTTP_PROXY and NO_PROXY',
  'missing-signatures': 'look at what is signed: ostiary inspect --show-signatures REF',
  'no-trust-root': 'without a network, name a trust root: --sigstore-trust-config FILE',
  'digest-mismatch': 'fetch it again: ostiary rm REF, then ostiary pull REF',
};
