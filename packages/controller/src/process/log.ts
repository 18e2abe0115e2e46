/** Fields of a log line; no secrets and no settings of policies belong into them. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** `message` is constant; what varies is in the fields. */
export type ControllerLog = (level: LogLevel, message: string, fields?: LogFields) => void;

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** Writes JSON, one object a line. */
export function createControllerLog(least: LogLevel, write: (line: string) => void, now: () => Date): ControllerLog {
  return (level, message, fields = {}) => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(least)) return;
    write(`${JSON.stringify({ time: now().toISOString(), level, message, ...fields })}\n`);
  };
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
