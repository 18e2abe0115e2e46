import { join } from 'node:path';
import { cacheFolder } from '../cache.ts';
import { artifact, type Artifact } from './artifact.ts';

const CARGO_TARGET = join(cacheFolder(), 'target-wasm');
const RUST_TARGET = 'wasm32-wasip1';
const CARGO_OPTIONS = ['--release', '--locked', '--target', RUST_TARGET, '--target-dir', CARGO_TARGET];

/** A policy by Kubewarden's Rust SDK, of 270 KB. */
export const rustPolicy = artifact({
  name: 'rust-policy',
  sources: 'guests/rust-policy',
  command: 'cargo',
  args: () => ['build', ...CARGO_OPTIONS],
  result: join(CARGO_TARGET, RUST_TARGET, 'release', 'rust_policy.wasm'),
});

/** A policy as a Go program for WASI, of 3.3 MB. */
export const goPolicy = goProgram('go-policy', []);

/** The same, which judges a sample before it reads its input. */
export const warmGoPolicy = goProgram('warm-go-policy', ['-tags=warm']);

function goProgram(name: string, flags: readonly string[]): Artifact {
  return artifact({
    name,
    sources: 'guests/go-policy',
    command: 'go',
    args: (to) => ['build', '-trimpath', '-ldflags=-s -w', ...flags, '-o', to, '.'],
    env: { GOOS: 'wasip1', GOARCH: 'wasm', GOWORK: 'off', GOFLAGS: '' },
  });
}
