import { ConfigError, LoadError } from '@ostiary/server';

/** An error as a user reads it: problems with their position, one a line; no stack. */
export function describeError(error: unknown): string {
  if (error instanceof ConfigError || error instanceof LoadError) return error.message;
  return `ostiary: ${error instanceof Error ? error.message : String(error)}`;
}
