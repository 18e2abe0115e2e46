import { writeFile } from 'node:fs/promises';
import type { Capabilities, LiveOptions } from '@ostiary/capabilities';
import { gatekeeperData, opaData, parseLossless, type JsonValue, type PolicyKind } from '@ostiary/policy';
import { refuseHostCall, type HostAnswer } from '@ostiary/sandbox';
import { readText, type Document } from '../request/documents.ts';
import { isObject } from '../request/value.ts';
import { EvaluateError } from './errors.ts';
import type { Grants, World } from './host.ts';
import { startManifestCluster } from './manifest-cluster.ts';

/** Which world policies see. */
export type WorldChoice =
  /** A live cluster, asked when a policy asks; registries and names as they are. */
  | { readonly kind: 'live'; readonly recordTo?: string | undefined }
  /** A recorded session. */
  | { readonly kind: 'replay'; readonly session: string }
  /** Manifests in the place of a cluster; registries and names as they are. */
  | { readonly kind: 'manifests'; readonly documents: readonly Document[]; readonly recordTo?: string | undefined };

export interface WorldOptions {
  /** Cluster, registries and roots of trust; all of it is loaded when it is first asked for. */
  readonly live: LiveOptions;
  /** Something a user should know, such as exchanges of a session that nobody asked for. */
  readonly warn: (message: string) => void;
}

/** Opens a world; nothing is connected to before the first question. Throws EvaluateError `no-context`. */
export async function openWorld(choice: WorldChoice, options: WorldOptions): Promise<World> {
  switch (choice.kind) {
    case 'replay':
      return replayed(choice.session, options);
    case 'manifests': {
      const cluster = await startManifestCluster(choice.documents);
      const live = { ...options.live, kube: async () => cluster.kubeConfig };
      const world = await liveWorld(live, choice.recordTo);
      return {
        ...world,
        async close() {
          try {
            await world.close();
          } finally {
            await cluster.stop();
          }
        },
      };
    }
    case 'live':
      return liveWorld(options.live, choice.recordTo);
  }
}

/** A world that is opened by its first question. */
export function lazyWorld(open: () => Promise<World>): World {
  let opened: Promise<World> | undefined;
  const world = (): Promise<World> => (opened ??= open());
  return {
    ordered: false,
    answer: async (call, questioner, signal) => (await world()).answer(call, questioner, signal),
    inventory: async (kind, settings, grants) =>
      grants.contextAwareResources.length === 0
        ? withoutContext(kind, settings)
        : (await world()).inventory(kind, settings, grants),
    close: async () => (await opened?.catch(() => undefined))?.close(),
  };
}

async function liveWorld(live: LiveOptions, recordTo: string | undefined): Promise<World> {
  const { createCapabilities, createLiveBackend, recordSession } = await import('@ostiary/capabilities');
  if (recordTo === undefined) {
    const capabilities = createCapabilities(live);
    return { ...worldOf(capabilities, false), close: () => capabilities.stop() };
  }
  const inner = createLiveBackend(live);
  const recording = recordSession(inner);
  const capabilities = createCapabilities({ ...live, backend: recording });
  return {
    ...worldOf(capabilities, true),
    async close() {
      await capabilities.stop();
      await inner.stop();
      await writeFile(recordTo, recording.session());
    },
  };
}

async function replayed(session: string, { warn }: WorldOptions): Promise<World> {
  const { createCapabilities, replaySession } = await import('@ostiary/capabilities');
  const backend = replaySession(await readText(session));
  const capabilities = createCapabilities({ backend });
  return {
    ...worldOf(capabilities, true),
    async close() {
      await capabilities.stop();
      const left = backend.left();
      if (left > 0)
        warn(`${session}: ${left} recorded ${left === 1 ? 'exchange was' : 'exchanges were'} not asked for`);
    },
  };
}

/** How long a cluster may take to list the objects that a Rego policy wants to see. */
const INVENTORY_MS = 30_000;

function worldOf(capabilities: Capabilities, ordered: boolean): Omit<World, 'close'> {
  return {
    ordered,
    answer: async (call, questioner, signal) => (await capabilities.answer(call, questioner, signal)).answer,
    async inventory(kind, settings, { contextAwareResources }) {
      if (contextAwareResources.length === 0) return withoutContext(kind, settings);
      // Lists are had at the same time; where the order counts, one after the other.
      const questions = ordered ? contextAwareResources.map((one) => [one]) : [contextAwareResources];
      let seen: JsonValue = {};
      for (const resources of questions) {
        const signal = AbortSignal.timeout(INVENTORY_MS);
        const { answer } = await capabilities.inventory(kind, resources, 'policy', signal);
        seen = merged(seen, parseLossless(bytesOf(answer)));
      }
      return JSON.stringify(kind === 'gatekeeper' ? seen : withKubernetes(settings, seen));
    },
  };
}

/** Two documents in one; where both have an object, the members of both. */
function merged(left: JsonValue, right: JsonValue): JsonValue {
  if (!isObject(left) || !isObject(right)) return right;
  const both = new Map(Object.entries(left));
  for (const [name, member] of Object.entries(right)) both.set(name, merged(both.get(name) ?? {}, member));
  return Object.fromEntries(both);
}

function bytesOf(answer: HostAnswer): Uint8Array {
  // A copy, since the answer may lie in memory that threads share, which decoders refuse.
  if (answer.ok) return answer.payload.slice();
  throw new EvaluateError('no-context', `the objects that the policy wants to see are not to be had: ${answer.error}`);
}

/** The settings with what the policy may see of the cluster, in place of a setting of that name. */
function withKubernetes(settings: string, kubernetes: JsonValue): JsonValue {
  const fields = parseLossless(new TextEncoder().encode(settings));
  return { ...(isObject(fields) ? fields : {}), kubernetes };
}

function withoutContext(kind: Extract<PolicyKind, 'opa' | 'gatekeeper'>, settings: string): string {
  return kind === 'opa' ? opaData(settings, undefined) : gatekeeperData(undefined);
}

/** A world with nothing in it: every question is refused, in words that say so. */
export const EMPTY_WORLD: World = {
  ordered: false,
  answer: async (call) => refuseHostCall(call),
  async inventory(kind, settings, { contextAwareResources }: Grants) {
    if (contextAwareResources.length === 0) return withoutContext(kind, settings);
    throw new EvaluateError('no-context', 'the policy wants to see objects of a cluster, and there is none');
  },
  close: async () => undefined,
};
