/** Where an audit says what it does. Fields are names, counts and causes: never settings, tokens or objects. */
export interface AuditLog {
  readonly debug: (message: string, fields?: LogFields) => void;
  readonly info: (message: string, fields?: LogFields) => void;
  readonly warn: (message: string, fields?: LogFields) => void;
  readonly error: (message: string, fields?: LogFields) => void;
}

export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export const LOG_LEVELS = ['debug', 'info', 'warning', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** One JSON object a line, with `time`, `level` and `message`, as the original scanner writes (contract: §8.1). */
export function createLog(
  level: LogLevel,
  write: (line: string) => void,
  now: () => Date = () => new Date(),
): AuditLog {
  const least = LOG_LEVELS.indexOf(level);
  const at =
    (own: LogLevel) =>
    (message: string, fields: LogFields = {}) => {
      if (LOG_LEVELS.indexOf(own) < least) return;
      write(`${JSON.stringify({ ...fields, time: now().toISOString(), level: own, message })}\n`);
    };
  return { debug: at('debug'), info: at('info'), warn: at('warning'), error: at('error') };
}

const nothing = (): void => {};
export const SILENT: AuditLog = { debug: nothing, info: nothing, warn: nothing, error: nothing };
