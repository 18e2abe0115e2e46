import type { KubeConfig } from '@ostiary/kube';
import { createOciClient, type OciClient, type TrustRootSource } from '@ostiary/registry';
import { jsonOf, ONCE, type Backend, type Fetched } from './backend.ts';
import { localVersions, type CapabilityLog, type Questioner, type ResourceKind, type Versions } from './contract.ts';
import { judgeCertificate } from './crypto/trust.ts';
import type { ListedKind } from './inventory/document.ts';
import { lazyAccess, resourceOf } from './kubernetes/access.ts';
import { answerList, watchFor, type ListContext } from './kubernetes/lists.ts';
import { createObjects } from './kubernetes/objects.ts';
import { Watches, type WatchesStats } from './kubernetes/watches.ts';
import { DEFAULT_LIMITS, type CapabilityLimits } from './limits.ts';
import { createNames, systemLookUp, type LookUp } from './net/names.ts';
import { createImages } from './oci/images.ts';
import type { CapabilityRequest } from './request/request.ts';

/** Everything is optional: what is missing is refused when it is asked for. */
export interface LiveOptions {
  /** Read at the first question about Kubernetes. */
  readonly kube?: (() => Promise<KubeConfig>) | undefined;
  /** Called for each question about an image. Default: one client without credentials. */
  readonly registry?: (() => Promise<OciClient>) | undefined;
  /** Sigstore's roots. Without them only what keys and pinned certificates prove is trusted. */
  readonly trustRoot?: TrustRootSource | undefined;
  /** Default: the system's resolver. */
  readonly lookUp?: LookUp | undefined;
  /** Default: those of this thread alone. */
  readonly versions?: Versions | undefined;
  readonly log?: CapabilityLog | undefined;
  readonly limits?: Partial<CapabilityLimits> | undefined;
  /** Milliseconds since 1970. */
  readonly now?: (() => number) | undefined;
}

/** The world itself. */
export interface LiveBackend extends Backend {
  /** All objects of a kind, and the slot whose version changes with them. */
  readonly listed: (kind: ResourceKind, policy: string, signal: AbortSignal) => Promise<ListedKind>;
  /** Called with the slot of every list that has changed. */
  readonly onListChange: (listener: (slot: number) => void) => void;
  readonly stats: () => WatchesStats;
  /** Ends watches and connections. */
  readonly stop: () => Promise<void>;
}

const NO_OPTIONS: LiveOptions = {};

/** Connects to nothing before the first question. */
export function createLiveBackend(options: LiveOptions = NO_OPTIONS): LiveBackend {
  const { kube, trustRoot, lookUp = systemLookUp, log = () => undefined, now = Date.now } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const versions = options.versions ?? localVersions();
  const access = lazyAccess(kube, now);
  const watches = new Watches({ versions, limits, log, now });
  const lists: ListContext = { access, watches, versions };
  const objects = createObjects(access, limits, now);
  const registry = options.registry ?? lazily(async () => createOciClient());
  const images = createImages({ registry, trustRoot, versions, limits, now });
  const names = createNames(lookUp);

  return {
    ask: (request, questioner, signal) => ask(request, questioner, signal),
    listed: async ({ apiVersion, kind }, policy, signal) => {
      const fields = { api_version: apiVersion, kind, label_selector: null, field_selector: null, field_masks: null };
      const watch = await watchFor(lists, { fields, namespace: undefined, policy, signal });
      const { plural, namespaced } = watch.selection.resource;
      const items = watch.items().map(({ metadata: { name, namespace }, text }) => ({ name, namespace, json: text }));
      return { apiVersion, kind, plural, namespaced, items, slot: watch.slot };
    },
    onListChange: (listener) => watches.onChange(({ slot }) => listener(slot)),
    stats: () => watches.stats(),
    stop: async () => {
      await watches.stop();
      await access.close();
    },
  };

  async function ask(
    request: CapabilityRequest,
    { policy }: Pick<Questioner, 'policy'>,
    signal: AbortSignal,
  ): Promise<Fetched> {
    switch (request.tag) {
      case 'KubernetesListResourceAll':
        return answerList(lists, { fields: request.fields, namespace: undefined, policy, signal });
      case 'KubernetesListResourceNamespace':
        return answerList(lists, { fields: request.fields, namespace: request.fields.namespace, policy, signal });
      case 'KubernetesGetResource':
        return objects.get(request.fields, signal);
      case 'KubernetesGetResourcePluralName': {
        const { plural } = await resourceOf(await access.open(), request.fields);
        return jsonOf(plural, ONCE);
      }
      case 'KubernetesCanI':
        return objects.canI(request.fields.request, request.fields.disable_cache, signal);
      case 'OciManifestDigest':
      case 'OciManifest':
      case 'OciManifestAndConfig':
        return images.describe(request, signal);
      case 'SigstorePubKeyVerify':
      case 'SigstoreKeylessVerify':
      case 'SigstoreKeylessPrefixVerify':
      case 'SigstoreGithubActionsVerify':
      case 'SigstoreCertificateVerify':
        return images.verify(request, signal);
      case 'DNSLookupHost':
        return names.resolve(request.fields.host, signal);
      case 'CryptoIsCertificateTrusted':
        return judgeCertificate(request.fields.request, new Date(now()));
    }
  }
}

/** Keeps what was made, but no failure. */
function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}
