import { DEFAULT_LIMITS } from '@ostiary/sandbox';
import { MAX_TIMEOUT_SECONDS, type Target } from './options.ts';

/** For the way there and back, so that a module's own deadline strikes before the API server's. */
const MARGIN_SECONDS = 1;

/** How long an API server should wait for modules that may all be called, one after the other. */
export function webhookTimeout(modules: readonly { readonly timeoutMs: number | undefined }[], target: Target): number {
  if (target.timeoutSeconds !== undefined) return target.timeoutSeconds;
  const sum = modules.reduce((total, { timeoutMs = DEFAULT_LIMITS.timeoutMs }) => total + timeoutMs, 0);
  return Math.min(Math.ceil(sum / 1000) + MARGIN_SECONDS, MAX_TIMEOUT_SECONDS);
}
