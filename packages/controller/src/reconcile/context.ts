import type { Clock, EventRecorder, KubeClient } from '@ostiary/kube';
import type { ResourceKind } from '../api/names.ts';
import type { Trust } from '../certificates/trust.ts';
import type { Applier } from '../cluster/applier.ts';
import type { Caches } from '../cluster/caches.ts';
import type { ConfigMap, Secret } from '../cluster/objects.ts';
import type { History } from '../observe/history.ts';
import type { ControllerLog } from '../process/log.ts';
import type { ControllerOptions } from '../process/options.ts';
import type { Delivered } from './pace.ts';
import type { RecordedRevision } from './revisions.ts';

/** One thing to be looked at: `kind/namespace/name`; the namespace is empty where there is none. */
export type Key = `${ResourceKind | 'Certificates' | 'Webhook'}/${string}/${string}`;

export function keyFor(kind: ResourceKind | 'Certificates' | 'Webhook', name = '', namespace = ''): Key {
  return `${kind}/${namespace}/${name}`;
}

/** The API server knows the Secret of the authority, the webhook server's, and the audit scanner's, by these names. */
export const CA_SECRET = 'kubewarden-ca';
export const WEBHOOK_SECRET = 'kubewarden-webhook-server-cert';
export const AUDIT_SECRET = 'kubewarden-audit-scanner-client-cert';

/** What every reconciler works with. */
export interface Context {
  readonly client: KubeClient;
  readonly options: ControllerOptions;
  readonly caches: Caches;
  readonly applier: Applier;
  readonly events: EventRecorder;
  readonly log: ControllerLog;
  readonly clock: Clock;
  readonly history: History;
  /** Looks at something soon; what is asked for several times meanwhile is looked at once. */
  readonly enqueue: (key: Key, delayMs?: number) => void;
  /** Whether the API server knows `matchConditions` of webhooks. */
  readonly hasMatchConditions: boolean;
  /** How long policies that are gone are still served: an API server may not know yet that its webhook is gone. */
  readonly lingerMs: number;
  /** Until when policies that are gone are served, by server and ID. */
  readonly lingering: Map<string, Map<string, number>>;
  /** What is known of the revisions in the cluster, by server; see `revisions.ts`. */
  readonly revisions: Map<string, readonly RecordedRevision[]>;
  /** The revision that was written last, and when, by server; see `pace.ts`. */
  readonly delivered: Map<string, Delivered>;
  /** Whether the webhook server of this process has its certificate and listens. */
  readonly webhooksListen: () => boolean;
  readonly trust: () => Trust | undefined;
}

export function secretNamed({ caches, options }: Context, name: string): Secret | undefined {
  return caches.secrets.get(options.namespace, name);
}

export function configMapNamed({ caches, options }: Context, name: string): ConfigMap | undefined {
  return caches.configMaps.get(options.namespace, name);
}
