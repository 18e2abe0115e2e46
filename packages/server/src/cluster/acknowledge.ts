import { isKubeError, patch, resource, type KubeClient } from '@ostiary/kube';
import type { Log } from '../log.ts';
import type { ConfigMapRef } from './config-map.ts';

const PODS = resource('v1', 'Pod', 'pods');

/** Where a pod says what it serves; the controller reads it. */
const SERVING = 'ostiary.dev/serving';

/** What a pod says. */
export interface Acknowledgement {
  readonly revision: string;
  /** By ID; a policy whose newest version fails goes on as it was. */
  readonly failed: Readonly<Record<string, string>>;
  /** A newer revision that can't serve at all. */
  readonly refused?: { readonly revision: string; readonly reason: string } | undefined;
}

/** All annotations of an object have 256 KiB; of ours, every failing policy is named, with less and less of its reason. */
const MAX_REASONS = 128 * 1024;
const MAX_REASON = 200;

export function acknowledgementText({ revision, failed, refused }: Acknowledgement): string {
  const ids = Object.keys(failed).toSorted();
  const most = Math.min(MAX_REASON, Math.floor(MAX_REASONS / Math.max(1, ids.length)));
  return JSON.stringify({
    revision,
    failed: Object.fromEntries(ids.map((id) => [id, (failed[id] ?? '').slice(0, most)])),
    ...(refused === undefined ? {} : { refused: { ...refused, reason: refused.reason.slice(0, MAX_REASON) } }),
  });
}

/** Says it once, and again until it has been heard. */
export interface Acknowledger {
  readonly say: (what: Acknowledgement) => void;
  readonly stop: () => void;
}

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 30_000;

export function createAcknowledger(client: KubeClient, pod: ConfigMapRef, log: Log): Acknowledger {
  let wanted: string | undefined;
  let said: string | undefined;
  let isSending = false;
  let retryMs = FIRST_RETRY_MS;
  let retry: NodeJS.Timeout | undefined;

  const send = async (): Promise<void> => {
    if (isSending || wanted === undefined || wanted === said) return;
    isSending = true;
    const text = wanted;
    try {
      await patch(client, PODS, pod, { metadata: { annotations: { [SERVING]: text } } });
      said = text;
      retryMs = FIRST_RETRY_MS;
    } catch (error) {
      log('warn', 'the pod could not be annotated', { cause: isKubeError(error) ? error.message : String(error) });
      retry = setTimeout(() => void send(), retryMs).unref();
      retryMs = Math.min(LONGEST_RETRY_MS, 2 * retryMs);
      return;
    } finally {
      isSending = false;
    }
    // What was to be said meanwhile.
    await send();
  };
  return {
    say: (what) => {
      wanted = acknowledgementText(what);
      void send();
    },
    stop: () => {
      wanted = undefined;
      clearTimeout(retry);
    },
  };
}
