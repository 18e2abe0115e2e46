import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { run, type Run } from './run.ts';

export type ToolchainName = 'go' | 'c' | 'rust';

/** How the guests of one toolchain are built. */
export interface Recipe {
  readonly name: ToolchainName | `${'rust' | 'go'}-sdk` | 'go-kyverno' | 'rego' | 'spec' | 'smith';
  /** The folder of the sources in this room; default `guests/` and the name. */
  readonly sources?: string;
  readonly title: string;
  /** The modules that building leaves in the output folder, without their ending. */
  readonly modules: readonly string[];
  /** What the toolchain calls itself, or what is missing and where it comes from. */
  probe(): { readonly version: string } | { readonly missing: string };
  /** The commands, run in the folder of the sources; the modules end up in `output`. */
  commands(output: string): readonly Run[];
}

export const SETUP_HINT = 'scripts/setup-toolchains.sh installs it';
const REACTORS = ['gates', 'mutator', 'probe'];
const COMMAND = 'command';

const go: Recipe = {
  name: 'go',
  title: 'Go',
  modules: [...REACTORS, COMMAND],
  probe: () => {
    const { ok, text } = run({ command: 'go', args: ['version'] });
    const minor = Number(/go1\.(\d+)/.exec(text)?.[1]);
    if (!ok) return { missing: `Go is not installed (${SETUP_HINT})` };
    // `//go:wasmexport` and c-shared for wasip1 came with this release.
    return minor >= 24 ? { version: text } : { missing: `Go 1.24 or later is needed, found ${text}` };
  },
  commands: (output) => [
    ...REACTORS.map((module) => goBuild(output, module, ['-buildmode=c-shared'])),
    goBuild(output, COMMAND, []),
  ],
};

function goBuild(output: string, module: string, mode: readonly string[]): Run {
  return {
    command: 'go',
    args: ['build', '-trimpath', '-ldflags=-s -w', ...mode, '-o', join(output, `${module}.wasm`), `./${module}`],
    env: { GOOS: 'wasip1', GOARCH: 'wasm', GOWORK: 'off', GOFLAGS: '' },
  };
}

const CLANG = process.env['CLANG'] ?? 'clang';
const C_OPTIONS = ['--target=wasm32-wasi', '-std=gnu17', '-O2', '-Wall', '-Wextra', '-Werror', '-Wl,--strip-all'];
const REACTOR_MODEL = '-mexec-model=reactor';

/** Sources and options of each module in C; the waPC guest comes with each kind of start-up that toolchains give it. */
const C_MODULES: Readonly<Record<string, readonly string[]>> = {
  gates: [REACTOR_MODEL, 'gates.c', 'envelope.c', 'json.c'],
  mutator: [REACTOR_MODEL, 'mutator.c', 'annotate.c', 'envelope.c', 'json.c'],
  probe: [REACTOR_MODEL, 'probe.c', 'envelope.c', 'json.c'],
  [COMMAND]: ['command.c'],
  policy: ['policy.c', 'json.c'],
  'wapc-start': ['wapc.c', 'annotate.c', 'json.c'],
  'wapc-start-exit': ['-DEXIT_FROM_START', 'wapc.c', 'annotate.c', 'json.c'],
  'wapc-initialize': ['-DREACTOR', REACTOR_MODEL, 'wapc.c', 'annotate.c', 'json.c'],
};

const c: Recipe = {
  name: 'c',
  title: 'C',
  modules: Object.keys(C_MODULES),
  probe: () => {
    const { ok, text } = run({ command: CLANG, args: ['--version'] });
    if (!ok) return { missing: `${CLANG} is not installed (${SETUP_HINT})` };
    // Linking nothing at all already needs the linker, wasi-libc and the compiler's run-time library.
    const args = ['--target=wasm32-wasi', REACTOR_MODEL, '-x', 'c', '/dev/null', '-o', '/dev/null'];
    const link = run({ command: CLANG, args });
    const version = text.split('\n')[0] ?? text;
    return link.ok ? { version } : { missing: `${CLANG} can't link for WASI (${SETUP_HINT}): ${link.text}` };
  },
  commands: (output) =>
    Object.entries(C_MODULES).map(([module, args]) => ({
      command: CLANG,
      args: [...C_OPTIONS, '-o', join(output, `${module}.wasm`), ...args],
    })),
};

const RUST_TARGET = 'wasm32-wasip1';

const rust: Recipe = {
  name: 'rust',
  title: 'Rust',
  modules: [...REACTORS, 'wapc'],
  probe: () => {
    const cargo = run({ command: 'cargo', args: ['--version'] });
    if (!cargo.ok) return { missing: `cargo is not installed (${SETUP_HINT})` };
    const library = run({ command: 'rustc', args: ['--print', 'target-libdir', '--target', RUST_TARGET] });
    if (!library.ok || !existsSync(library.text))
      return { missing: `Rust lacks the target ${RUST_TARGET} (${SETUP_HINT})` };
    return { version: cargo.text };
  },
  commands: (output) => {
    const target = join(output, 'target');
    const build = ['build', '--quiet', '--release', '--locked', '--target', RUST_TARGET, '--target-dir', target];
    const built = rust.modules.map((module) => join(target, RUST_TARGET, 'release', `${module}.wasm`));
    return [
      { command: 'cargo', args: build },
      { command: 'cp', args: [...built, output] },
    ];
  },
};

export const RECIPES: readonly Recipe[] = [go, c, rust];
