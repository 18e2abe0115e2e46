import { KubeConfigError, KubeError } from '../errors.ts';
import { errorOfConnection } from './request.ts';

/** Ends a request when its time is up or one of its callers wants it. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** The error to throw for `error`: what ended the request if something did, else the error in our words. */
  readonly errorOr: (error: unknown) => Error;
  /** Takes the time limit away; the signals stay. */
  readonly lift: () => void;
  /** Has to be called when the request is over. */
  readonly end: () => void;
}

export function startDeadline(
  what: string,
  timeoutMs: number,
  signals: readonly (AbortSignal | undefined)[],
): Deadline {
  const controller = new AbortController();
  const aborted = (): void => controller.abort(new KubeError('aborted', `${what}: was aborted`));
  const timer = setTimeout(() => {
    controller.abort(new KubeError('timeout', `${what}: no answer within ${timeoutMs} ms`));
  }, timeoutMs);
  // AbortSignal.any would keep every request's signal alive for as long as the client's own.
  for (const signal of signals) {
    if (signal?.aborted === true) aborted();
    signal?.addEventListener('abort', aborted, { once: true });
  }
  return {
    signal: controller.signal,
    lift: () => clearTimeout(timer),
    errorOr: (error) => {
      const { reason, aborted: isAborted } = controller.signal;
      if (isAborted && reason instanceof KubeError) return reason;
      return error instanceof KubeConfigError ? error : errorOfConnection(what, error);
    },
    end: () => {
      clearTimeout(timer);
      for (const signal of signals) signal?.removeEventListener('abort', aborted);
    },
  };
}
