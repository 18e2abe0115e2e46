import type { Pod } from '../cluster/objects.ts';
import { CONFIG_VERSION, SERVING } from '../desired/names.ts';

/** What a pod says of itself in the annotation `ostiary.dev/serving`. */
export interface Acknowledgement {
  /** The revision of the configuration that the pod has loaded. */
  readonly revision: string;
  /** Policies and modules of gates of that revision that can't serve, and why. A policy goes on as it was before. */
  readonly failed: Readonly<Record<string, string>>;
  /** A newer revision that the pod can't serve at all; it stays at the other. */
  readonly refused?: { readonly revision: string; readonly reason: string } | undefined;
}

/** Pods write their own annotation, so its size and shape are not taken for granted. */
const MAX_ANNOTATION = 256 * 1024;
const MAX_REASON = 512;

export function parseAcknowledgement(text: string | undefined): Acknowledgement | undefined {
  if (text === undefined || text.length > MAX_ANNOTATION) return undefined;
  const value = parsed(text);
  if (!isRecord(value) || typeof value['revision'] !== 'string') return undefined;
  const failed = isRecord(value['failed']) ? value['failed'] : {};
  const reasons = Object.entries(failed).map(([id, reason]) => [id, String(reason).slice(0, MAX_REASON)] as const);
  return { revision: value['revision'], failed: Object.fromEntries(reasons), refused: refusalOf(value['refused']) };
}

function refusalOf(value: unknown): Acknowledgement['refused'] {
  if (!isRecord(value) || typeof value['revision'] !== 'string') return undefined;
  return { revision: value['revision'], reason: String(value['reason']).slice(0, MAX_REASON) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** One pod of a PolicyServer, as far as its policies are concerned. */
export interface ServingPod {
  readonly name: string;
  /** Whether the Service sends requests to it. */
  readonly isReady: boolean;
  /** Undefined as long as it has not said. */
  readonly acknowledged: Acknowledgement | undefined;
  /** Why it does not start; undefined if nothing is known to be wrong. */
  readonly trouble: string | undefined;
}

/** Pods that are, or may become, part of the server. Those that have ended, or are ending, get no new requests. */
export function servingPods(pods: readonly Pod[]): readonly ServingPod[] {
  return pods.filter(isAlive).map((pod) => ({
    name: pod.metadata.name,
    isReady: pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true,
    acknowledged: acknowledgementOf(pod),
    trouble: troubleOf(pod),
  }));
}

function isAlive({ metadata, status }: Pod): boolean {
  return metadata.deletionTimestamp === undefined && status?.phase !== 'Failed' && status?.phase !== 'Succeeded';
}

/** A pod that says nothing has the configuration that it was made with, all of it, or it would not be ready. */
function acknowledgementOf({ metadata }: Pod): Acknowledgement | undefined {
  const said = parseAcknowledgement(metadata.annotations?.[SERVING]);
  if (said !== undefined) return said;
  const version = metadata.labels?.[CONFIG_VERSION];
  return version === undefined ? undefined : { revision: version, failed: {} };
}

const HARMLESS = new Set(['ContainerCreating', 'PodInitializing']);
const MAX_TROUBLE = 300;

function troubleOf({ status }: Pod): string | undefined {
  for (const { state, lastState } of status?.containerStatuses ?? []) {
    const { reason, message } = state?.waiting ?? {};
    if (reason === undefined || HARMLESS.has(reason)) continue;
    // What the server printed last says more than that it crashed.
    const last = lastState?.terminated?.message?.trim().split('\n').at(-1);
    return [reason, last ?? message]
      .filter((part) => part !== undefined && part !== '')
      .join(': ')
      .slice(0, MAX_TROUBLE);
  }
  return undefined;
}
