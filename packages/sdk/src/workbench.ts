import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildGuest, type Guest, guestInFolder } from './build.ts';

/** For tests: a temporary folder with the SDK installed, in which guests are written, built and thrown away. */
export interface Workbench {
  /** Writes a guest of one source file, in place of an earlier one of that name. */
  readonly write: (name: string, source: string) => Guest;
  /** Writes, builds and compiles one. */
  readonly load: (name: string, source: string) => Promise<WebAssembly.Module>;
  readonly close: () => void;
}

export function openWorkbench(): Workbench {
  const folder = mkdtempSync(join(tmpdir(), 'ostiary-sdk-'));
  mkdirSync(join(folder, 'node_modules/@ostiary'), { recursive: true });
  symlinkSync(fileURLToPath(new URL('..', import.meta.url)), join(folder, 'node_modules/@ostiary/sdk'));

  function write(name: string, source: string): Guest {
    const assembly = join(folder, name, 'assembly');
    mkdirSync(assembly, { recursive: true });
    writeFileSync(join(assembly, 'index.ts'), source);
    return guestInFolder(join(folder, name), name);
  }

  async function load(name: string, source: string): Promise<WebAssembly.Module> {
    const guest = write(name, source);
    await buildGuest(guest);
    return WebAssembly.compile(readFileSync(guest.output));
  }

  return { write, load, close: () => rmSync(folder, { recursive: true }) };
}
