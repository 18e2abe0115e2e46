import { join } from 'node:path';
import { cacheFolder } from '../cache.ts';
import { artifact } from './artifact.ts';

/** Dependencies are compiled once, whatever changes in the peer itself. */
const CARGO_TARGET = join(cacheFolder(), 'target');

const CARGO_OPTIONS = ['--release', '--locked', '--target-dir', CARGO_TARGET];

export const wasmtimePeer = artifact({
  name: 'wasmtime-peer',
  sources: 'peers/wasmtime',
  command: 'cargo',
  // Cargo goes by the times of files, which misleads it when another checkout has used the same folder: another digest
  // in the metadata makes it compile the peer itself again.
  args: (_, digest) => ['rustc', ...CARGO_OPTIONS, '--', '-C', `metadata=${digest}`],
  result: join(CARGO_TARGET, 'release', 'wasmtime-peer'),
});

export const wazeroPeer = artifact({
  name: 'wazero-peer',
  sources: 'peers/wazero',
  command: 'go',
  args: (to) => ['build', '-trimpath', '-o', to, '.'],
  env: { GOWORK: 'off', GOFLAGS: '' },
});
