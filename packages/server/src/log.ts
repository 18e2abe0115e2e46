/** Values are what a person or a log collector needs to tell cases apart; never input, settings, tokens or objects. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogFormat = 'text' | 'json';

const SEVERITY: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/** A structured log: the message is constant, what varies is in the fields. */
export type Log = (level: LogLevel, message: string, fields?: LogFields) => void;

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  readonly write: (line: string) => void;
  readonly now: () => Date;
}

export function createLog({ level: threshold, format, write, now }: LogOptions): Log {
  const line = format === 'json' ? jsonLine : textLine;
  return (level, message, fields = {}) => {
    if (SEVERITY[level] >= SEVERITY[threshold]) write(`${line(now().toISOString(), level, message, fields)}\n`);
  };
}

function jsonLine(time: string, level: LogLevel, message: string, fields: LogFields): string {
  return JSON.stringify({ time, level, message, ...fields });
}

/** `TIME LEVEL message key=value …`; values with anything but plain characters are quoted, so a line stays a line. */
function textLine(time: string, level: LogLevel, message: string, fields: LogFields): string {
  const pairs = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}=${quoted(String(value))}`);
  return `${time} ${level.toUpperCase().padEnd(5)} ${message}${pairs.join('')}`;
}

function quoted(value: string): string {
  return /^[\w./:@%+,-]+$/.test(value) ? value : JSON.stringify(value);
}
