import { join } from 'node:path';
import { cacheFolder } from '../cache.ts';
import { artifact } from './artifact.ts';

/** Dependencies are compiled once, whatever changes in the peer itself. */
const CARGO_TARGET = join(cacheFolder(), 'target');

export const wasmtimePeer = artifact({
  name: 'wasmtime-peer',
  sources: 'peers/wasmtime',
  command: 'cargo',
  args: () => ['build', '--release', '--locked', '--target-dir', CARGO_TARGET],
  result: join(CARGO_TARGET, 'release', 'wasmtime-peer'),
});

export const wazeroPeer = artifact({
  name: 'wazero-peer',
  sources: 'peers/wazero',
  command: 'go',
  args: (to) => ['build', '-trimpath', '-o', to, '.'],
  env: { GOWORK: 'off', GOFLAGS: '' },
});
