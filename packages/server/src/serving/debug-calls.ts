import type { CallModule } from '@ostiary/policy';
import type { Log } from '../log.ts';

/**
 * What a debug line may show. The original printed input and output whole, with tokens, Secrets and settings; here only
 * members on these lists are ever copied into the log, so that no new member can leak by being forgotten.
 */
const SHOWN: ReadonlySet<string> = new Set(
  `apiVersion kind uid group version resource subResource subresource name namespace operation dryRun verb path username
   groups audiences authenticated allowed denied accepted valid code reason message patchType`.split(/\s+/),
);
const ENTERED: ReadonlySet<string> = new Set(
  `request response spec status user userInfo resource kind resourceAttributes nonResourceAttributes`.split(/\s+/),
);

/** Wraps a module with `debug: true` so that each call leaves one line with what it was asked and answered. */
export function debugCalls(call: CallModule, labels: Readonly<Record<string, string>>, log: Log): CallModule {
  return async (operation, input) => {
    const outcome = await call(operation, input);
    const result = outcome.ok
      ? { out: shown(outcome.output) }
      : { error: `${outcome.failure.code}: ${outcome.failure.message}` };
    log('info', 'module call', {
      ...labels,
      operation,
      micros: outcome.micros,
      in: shown(Buffer.concat(input)),
      ...result,
    });
    return outcome;
  };
}

function shown(bytes: Uint8Array): string {
  try {
    return JSON.stringify(project(JSON.parse(new TextDecoder().decode(bytes))));
  } catch {
    return `[${bytes.length} bytes that are not JSON]`;
  }
}

/** Copies shown members that are plain values and enters the envelope's own objects; everything else stays out. */
function project(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const members = Object.entries(value).flatMap(([key, member]: [string, unknown]): [string, unknown][] => {
    if (SHOWN.has(key) && isPlain(member)) return [[key, member]];
    const inner = ENTERED.has(key) ? project(member) : undefined;
    return inner === undefined ? [] : [[key, inner]];
  });
  return Object.fromEntries(members);
}

function isPlain(value: unknown): boolean {
  return Array.isArray(value) ? value.every((item) => typeof item !== 'object') : typeof value !== 'object';
}
