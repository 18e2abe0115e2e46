import type { CommandContext } from './context.ts';

/** How much a line matters. */
export type LogLevel = 'debug' | 'info' | 'warn';

/**
 * Writes a line about what happens to standard error. Under kwctl's name it looks as kwctl's lines do, because scripts
 * search for their words; debug lines need `--verbose`.
 */
export function log(context: CommandContext, level: LogLevel, message: string): void {
  if (level === 'debug' && !context.verbose) return;
  const label = level.toUpperCase();
  if (context.program === 'kwctl') {
    context.stderr.write(`${new Date().toISOString()} ${label.padStart(5)} kwctl: ${message}\n`);
  } else {
    context.stderr.write(level === 'info' ? `${message}\n` : `${label.toLowerCase()}: ${message}\n`);
  }
}
