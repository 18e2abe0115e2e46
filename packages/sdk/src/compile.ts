import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GuestCompileError } from './errors.ts';

/** The compiler options every guest needs; authors extend this file in their own asconfig.json. */
export const CONFIG_FILE: string = fileURLToPath(new URL('../asconfig.json', import.meta.url));

/**
 * Compiles an AssemblyScript guest to a WebAssembly binary.
 *
 * `entry` is the absolute path of the source file whose exports are the guest's. `@ostiary/sdk/assembly` is looked up
 * in the `node_modules` folders from the entry's folder upward. Throws GuestCompileError.
 */
export async function compileGuest(entry: string): Promise<Uint8Array> {
  // The compiler takes half a second to load, which a build with nothing to do must not pay.
  const asc = await import('assemblyscript/asc');
  const report: string[] = [];
  const output = { write: (text: string | Uint8Array) => void report.push(String(text)) };
  let binary: Uint8Array | undefined;
  const options = ['--config', CONFIG_FILE, '--baseDir', dirname(entry), '--outFile', 'guest.wasm', '--noColors'];
  const { error } = await asc.main([entry, ...options], {
    stdout: output,
    stderr: output,
    writeFile: (_name, contents) => {
      binary = Buffer.from(contents);
    },
  });
  if (error !== null || binary === undefined) {
    throw new GuestCompileError(entry, report.join('') || String(error));
  }
  return binary;
}
