import type { GateModule } from '../cluster/objects.ts';
import { gateEntry } from '../desired/gates.ts';
import { canonicalJson, hashOf, type PolicyEntries } from '../desired/policies.ts';

/** One policy in one revision of a configuration. */
export interface RevisedPolicy {
  readonly hash: string;
  readonly mode: 'protect' | 'monitor';
}

/** The policies of one revision, by their IDs, and the modules of its gates. */
export type Revision = ReadonlyMap<string, RevisedPolicy>;

export function revisionOf(entries: PolicyEntries, modules: readonly GateModule[]): Revision {
  return new Map([
    ...Object.entries(entries).map(([id, entry]) => [id, { hash: hashJson(entry), mode: modeOf(entry) }] as const),
    ...modules.map((module) => [moduleId(module), { hash: moduleHash(module), mode: 'protect' }] as const),
  ]);
}

/** How pods call a module of a gate when they say that it fails; no policy's ID has a slash. */
export function moduleId({ kind, metadata }: GateModule): string {
  return `${kind === 'AuthenticationModule' ? 'authentication' : 'authorization'}/${metadata.name}`;
}

/** Its place among the others is a part of what it is. */
export function moduleHash(module: GateModule): string {
  return hashJson([module.spec.order ?? 0, gateEntry(module)]);
}

function hashJson(value: unknown): string {
  return hashOf(canonicalJson(value));
}

function modeOf(entry: unknown): RevisedPolicy['mode'] {
  return typeof entry === 'object' && entry !== null && 'policyMode' in entry && entry.policyMode === 'monitor'
    ? 'monitor'
    : 'protect';
}

/**
 * Revisions that pods may be at, by PolicyServer. A pod that is a few revisions behind serves the policies that have not
 * changed since as well as any other.
 */
export interface History {
  readonly record: (server: string, names: readonly string[], revision: Revision) => void;
  /** Adds an older revision unless it is known. */
  readonly remember: (server: string, name: string, revision: Revision) => void;
  readonly find: (server: string, name: string) => Revision | undefined;
  /** Whether anything is known of the server; before that, nothing can be said of its policies. */
  readonly knows: (server: string) => boolean;
  readonly forget: (server: string) => void;
}

/** A pod follows within a second; so many changes in a second are a controller out of control. */
const KEPT = 64;

export function createHistory(): History {
  const servers = new Map<string, Map<string, Revision>>();
  return {
    record: (server, names, revision) => {
      const known = servers.get(server) ?? new Map<string, Revision>();
      servers.set(server, known);
      for (const name of names) {
        known.delete(name);
        known.set(name, revision);
      }
      for (const name of known.keys()) {
        if (known.size <= KEPT) break;
        known.delete(name);
      }
    },
    remember: (server, name, revision) => {
      const known = servers.get(server) ?? new Map<string, Revision>();
      if (!known.has(name)) servers.set(server, known.set(name, revision));
    },
    find: (server, name) => servers.get(server)?.get(name),
    knows: (server) => servers.has(server),
    forget: (server) => {
      servers.delete(server);
    },
  };
}
