import { artifact } from './artifact.ts';

/** A Go program for WASI that reads one request and answers it in its main function. */
export const goCommand = artifact({
  name: 'go-command',
  sources: 'guests/go-command',
  command: 'go',
  args: (to) => ['build', '-trimpath', '-ldflags=-s -w', '-o', to, '.'],
  env: { GOOS: 'wasip1', GOARCH: 'wasm', GOWORK: 'off', GOFLAGS: '' },
});
