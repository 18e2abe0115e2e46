import { createHash, hash } from 'node:crypto';
import { globSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { appendCustomSection } from './custom-section.ts';
import { compileGuest } from './compile.ts';

const SDK_FOLDER = fileURLToPath(new URL('..', import.meta.url));

/** Where Kubewarden hosts and tools look for a policy's metadata (contract: authoring §4.2). */
const METADATA_SECTION = 'io.kubewarden.metadata';

/** One guest: where its sources are and where its module goes. All paths are absolute. */
export interface Guest {
  /** The source file whose exports are the module's. */
  readonly entry: string;
  /** Every source file of the guest itself; the SDK's own files count for every guest. */
  readonly sources: readonly string[];
  /** A JSON file to be embedded as Kubewarden metadata; absent for other modules. */
  readonly metadata?: string;
  /** The module to write; a stamp is written beside it. */
  readonly output: string;
}

/** The guest in a folder with `assembly/index.ts` and perhaps `metadata.json`; its module is `build/<name>.wasm` there. */
export function guestInFolder(folder: string, name: string): Guest {
  const assembly = join(folder, 'assembly');
  const metadata = globSync('metadata.json', { cwd: folder }).map((file) => join(folder, file));
  return {
    entry: join(assembly, 'index.ts'),
    sources: sourceFiles(assembly),
    ...(metadata[0] !== undefined && { metadata: metadata[0] }),
    output: join(folder, 'build', `${name}.wasm`),
  };
}

/** The guest that is a single source file; its module is written to the folder `output`. */
export function guestInFile(entry: string, name: string, output: string): Guest {
  return { entry, sources: [entry], output: join(output, `${name}.wasm`) };
}

/**
 * Compiles a guest unless its module is up to date: built from the same sources, by the same SDK, options and compiler.
 * Says whether it compiled. Throws GuestCompileError; then the old module stays, but counts as out of date.
 */
export async function buildGuest(guest: Guest): Promise<boolean> {
  const wanted = digest(guest);
  if (wanted === builtFrom(guest)) return false;
  const binary = await compileGuest(guest.entry);
  mkdirSync(dirname(guest.output), { recursive: true });
  writeWhole(guest.output, guest.metadata === undefined ? binary : withMetadata(binary, guest.metadata));
  writeWhole(stampOf(guest), wanted);
  return true;
}

function stampOf(guest: Guest): string {
  return `${guest.output}.stamp`;
}

/** The digest of what the existing module was built from, or undefined when there is no module. */
function builtFrom(guest: Guest): string | undefined {
  try {
    const stamp = readFileSync(stampOf(guest), 'utf8');
    readFileSync(guest.output);
    return stamp;
  } catch {
    return undefined;
  }
}

function digest(guest: Guest): string {
  const files = [...guest.sources, ...(guest.metadata === undefined ? [] : [guest.metadata])];
  return hash('sha256', `${sdkDigest()} ${digestOf(files)}`);
}

let sdk: string | undefined;

/** What every guest depends on: the SDK, its options, this program and the compiler's version. */
function sdkDigest(): string {
  const compiler = fileURLToPath(import.meta.resolve('assemblyscript/package.json'));
  const own = [
    ...sourceFiles(join(SDK_FOLDER, 'assembly'), ['testing/**']),
    join(SDK_FOLDER, 'asconfig.json'),
    compiler,
  ];
  const program = ['build.ts', 'compile.ts', 'custom-section.ts'].map((file) => join(SDK_FOLDER, 'src', file));
  sdk ??= digestOf([...own, ...program]);
  return sdk;
}

function sourceFiles(folder: string, exclude: readonly string[] = []): string[] {
  const files = globSync('**/*.ts', { cwd: folder, exclude });
  return files.sort().map((file) => join(folder, file));
}

/** Contents count, and which file they are in; where the repository lies and when files were touched doesn't. */
function digestOf(files: readonly string[]): string {
  const sum = createHash('sha256');
  for (const file of files) {
    const content = readFileSync(file);
    sum.update(`${file.slice(file.lastIndexOf('/') + 1)} ${content.length}\n`).update(content);
  }
  return sum.digest('hex');
}

/** Written under another name first, so that no reader ever sees half a file. */
function writeWhole(file: string, content: string | Uint8Array): void {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, content);
  renameSync(draft, file);
}

/** Kubewarden hosts insist on the protocol version that `servePolicy` answers. */
function withMetadata(binary: Uint8Array, file: string): Uint8Array {
  const metadata = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  const payload = JSON.stringify({ protocolVersion: 'v1', ...metadata });
  return appendCustomSection(binary, METADATA_SECTION, Buffer.from(payload));
}
