import {
  createDiscovery,
  isKubeError,
  list,
  resource,
  systemClock,
  type Clock,
  type Discovery,
  type KubeClient,
} from '@ostiary/kube';
import { AuditError } from './errors.ts';
import type { Evaluator } from './evaluate/evaluator.ts';
import { createHttpEvaluator } from './evaluate/http.ts';
import { createLimiter, type Limiter } from './evaluate/limiter.ts';
import { findServers, type Servers } from './evaluate/servers.ts';
import { createJudge, type Judge } from './judge.ts';
import type { AuditOptions } from './options.ts';
import { subjectAccessReviewer } from './plan/access.ts';
import { makePlan, type Disposition, type Plan, type PlannedPolicy } from './plan/plan.ts';
import { loadPolicies } from './policies/load.ts';
import type { Policy } from './policies/policy.ts';
import { serviceAccountUser } from './request.ts';
import { loadNamespaces, type Namespaces } from './walk/namespaces.ts';
import { readItem } from './walk/read-as.ts';

/** Everything that one pass needs to know, as it was when the pass began. */
export interface Session {
  readonly plan: Plan;
  readonly namespaces: Namespaces;
  readonly judge: Judge;
  readonly limiter: Limiter;
  readonly discovery: Discovery;
  /** What is wrong before anything has been walked: policies that can't be read. */
  readonly problems: readonly string[];
  readonly close: () => Promise<void>;
}

/** The product of upstream's three numbers can be huge; more sockets than this help nobody. */
const MAX_IN_FLIGHT = 512;

/** Reads policies, servers and namespaces, and makes the plan. Throws KubeError and AuditError. */
export async function openSession(options: AuditOptions): Promise<Session> {
  const { client, signal, clock = systemClock, deploymentsNamespace } = options;
  const discovery = createDiscovery(client, { clock });
  const { policies, unreadable } = await loadPolicies(client, discovery, signal);
  const servers =
    options.policyServerUrl === undefined ? await findServers(client, deploymentsNamespace, signal) : undefined;
  const serverOf = servers === undefined ? overridden(options.policyServerUrl) : found(servers);
  const taken = await webhookNames(client, signal);
  const plan = makePlan({
    policies: options.namespace === undefined ? policies : policies.filter(inNamespace(options.namespace)),
    resources: await discovery.all(),
    scope: options.clusterOnly === true ? 'Cluster' : options.namespace === undefined ? undefined : 'Namespaced',
    idOf: (policy) => chooseId(options.idsOf(policy), taken),
    disposition: (policy) => dispositionOf(serverOf(policy)),
  });
  const inFlight = Math.min(options.maxInFlight, MAX_IN_FLIGHT);
  const limiter = createLimiter({ max: inFlight, now: clock.now });
  const evaluator = options.evaluator ?? (await httpEvaluator(options, serverOf, inFlight, clock));
  const user = options.user ?? serviceAccountUser(deploymentsNamespace);
  const judge = createJudge({
    evaluator,
    limiter,
    user,
    deploymentsNamespace,
    signal,
    parallelPolicies: options.parallelPolicies,
    now: () => Math.floor(clock.date().getTime() / 1000),
    readAs: (item, as) => readItem(client, as, item.object.metadata, signal),
    reviewAccess: subjectAccessReviewer(client, user),
    onEvaluation: ({ id }, outcome) => options.metrics?.evaluated(id, outcome),
  });
  return {
    plan,
    judge,
    limiter,
    discovery,
    namespaces: await loadNamespaces(client, options.namespace, signal),
    problems: unreadable.map(({ message }) => message),
    close: async () => {
      if (options.evaluator === undefined) await evaluator.close?.();
    },
  };
}

type ServerOf = (policy: Policy) => URL | string;

function found(servers: Servers): ServerOf {
  return ({ policyServer }) => servers.get(policyServer) ?? `there is no policy server ${policyServer}`;
}

function overridden(text: string | undefined): ServerOf {
  const url = URL.parse(text ?? '');
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new AuditError('usage', `the policy server's address is not a URL of HTTP: ${text ?? ''}`);
  }
  return () => url;
}

function dispositionOf(server: URL | string): Disposition {
  return typeof server === 'string' ? { type: 'error', message: server } : { type: 'evaluate' };
}

function httpEvaluator(
  options: AuditOptions,
  serverOf: ServerOf,
  maxSockets: number,
  clock: Clock,
): Promise<Evaluator> {
  const { log, patienceMs } = options;
  return createHttpEvaluator({
    ...options.tls,
    maxSockets,
    patienceMs,
    clock,
    onOutage: (server) => log.warn('policy server is gone; waiting for it', { server }),
    serverOf: ({ policy }: PlannedPolicy) => {
      const server = serverOf(policy);
      if (typeof server === 'string') throw new AuditError('usage', server);
      return server;
    },
  });
}

function inNamespace(namespace: string): (policy: Policy) => boolean {
  return (policy) => policy.namespace === '' || policy.namespace === namespace;
}

const PART_OF_STACK = { matchLabels: { 'app.kubernetes.io/part-of': 'kubewarden' } };
const WEBHOOKS = ['Validating', 'Mutating'].map((word) =>
  resource(
    'admissionregistration.k8s.io/v1',
    `${word}WebhookConfiguration`,
    `${word.toLowerCase()}webhookconfigurations`,
    {
      namespaced: false,
    },
  ),
);

/**
 * What the controller that runs here calls its policies: webhook configurations have the policies' IDs for names, and
 * there is more than one scheme of IDs (contract: controller §12). Without the right to look, nothing is known.
 */
async function webhookNames(client: KubeClient, signal?: AbortSignal): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  try {
    for (const kind of WEBHOOKS) {
      const selection = { resource: kind, labelSelector: PART_OF_STACK };
      for await (const { metadata } of list(client, selection, { signal })) names.add(metadata.name);
    }
  } catch (error) {
    if (!isKubeError(error, 'forbidden', 'not-found')) throw error;
  }
  return names;
}

function chooseId(candidates: readonly string[], taken: ReadonlySet<string>): string {
  return candidates.find((id) => taken.has(id)) ?? candidates[0] ?? '';
}
