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

/** What a revision delivers, as it is written down. */
export interface Contents {
  /** Entries of `policies.yml`, by ID. */
  readonly policies: PolicyEntries;
  /** Modules of the other gates and their places, by {@link moduleId}. */
  readonly modules: Readonly<Record<string, unknown>>;
}

export function contentsOf(policies: PolicyEntries, modules: readonly GateModule[]): Contents {
  return { policies, modules: Object.fromEntries(modules.map((module) => [moduleId(module), placed(module)])) };
}

export function revisionOf({ policies, modules }: Contents): Revision {
  return new Map([
    ...Object.entries(policies).map(([id, entry]) => [id, { hash: hashJson(entry), mode: modeOf(entry) }] as const),
    ...Object.entries(modules).map(([id, entry]) => [id, { hash: hashJson(entry), mode: 'protect' }] as const),
  ]);
}

/** How pods call a module of a gate when they say that it fails; no policy's ID has a slash. */
export function moduleId({ kind, metadata }: GateModule): string {
  return `${kind === 'AuthenticationModule' ? 'authentication' : 'authorization'}/${metadata.name}`;
}

export function moduleHash(module: GateModule): string {
  return hashJson(placed(module));
}

/** Its place among the others is a part of what it is. */
function placed(module: GateModule): unknown {
  return { order: module.spec.order ?? 0, entry: gateEntry(module) };
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
