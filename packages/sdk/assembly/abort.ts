import { STDERR, writeAll } from './stdio';

/**
 * What a failed assertion does, by `--use abort=…`: says on standard error what failed and where, then traps. The
 * compiler's own abort would be an import that no host of the two families has.
 */
export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  const text = `${message ? message : 'abort'} (${file ? file : 'unknown file'}:${line}:${column})\n`;
  const bytes = String.UTF8.encode(text);
  writeAll(STDERR, changetype<usize>(bytes), bytes.byteLength);
  unreachable();
}
