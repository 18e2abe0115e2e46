import type { HostCall } from '@ostiary/sandbox';
import type { Log, LogLevel } from '../log.ts';

/** UTF-16 units of a message, and of what comes with it: a line stays readable, whatever a policy writes. */
const MAX_TEXT = 4096;

const LEVELS: Readonly<Record<string, LogLevel>> = {
  trace: 'debug',
  debug: 'debug',
  info: 'info',
  warning: 'warn',
  warn: 'warn',
  error: 'error',
};

/**
 * Writes what a policy logs by `tracing/log`: its level and message, everything else as JSON in `data` (contract:
 * policy-server §8.2, §11.2). A payload that is no such event is told of, without its contents.
 */
export function logOfPolicies(log: Log): (policy: string, call: HostCall) => void {
  return (policy, { payload }) => {
    const event = eventIn(payload);
    if (event) log(event.level, event.message, { target: 'policy_log', policy, data: event.data });
    else log('warn', 'a policy has logged something that is no event', { policy });
  };
}

interface Event {
  readonly level: LogLevel;
  readonly message: string;
  readonly data: string | undefined;
}

function eventIn(payload: Uint8Array): Event | undefined {
  const fields = parsed(payload);
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) return undefined;
  const { level, message, ...rest }: Readonly<Record<string, unknown>> = { ...fields };
  const known = typeof level === 'string' ? level.toLowerCase() : '';
  const severity = Object.hasOwn(LEVELS, known) ? LEVELS[known] : undefined;
  if (severity === undefined || (message !== undefined && message !== null && typeof message !== 'string')) {
    return undefined;
  }
  const data = Object.keys(rest).length === 0 ? undefined : clip(JSON.stringify(rest));
  return { level: severity, message: clip(message ?? ''), data };
}

function parsed(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  } catch {
    return undefined;
  }
}

function clip(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}…`;
}
