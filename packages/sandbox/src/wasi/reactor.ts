import { callIfExported, type Abi } from '../abi.ts';
import { wasiImports } from './imports.ts';
import { withResults, WASI_SIGNATURES } from './signatures.ts';

/** `name → parameters:results` for the whole interface. */
export const WASI_IMPORTS: Readonly<Record<string, string>> = withResults(WASI_SIGNATURES);

/**
 * The ABI of the k8s-wasm module specification: each operation is an export without parameters that reads JSON from
 * stdin and writes JSON to stdout. `_initialize` runs first when the guest has it, as WASI asks of reactors (the
 * original did not, so that Go and C reactors did not work there).
 */
export const wasiReactor: Abi = {
  name: 'wasi-reactor',
  imports: { wasi_snapshot_preview1: WASI_IMPORTS },
  requiredExports: {},
  operationsAreExports: true,
  answersOnStdout: true,
  startsPerOperation: false,
  makeImports: (context) => ({ wasi_snapshot_preview1: wasiImports(context) }),
  initialise: (exports) => callIfExported(exports, '_initialize'),
  invoke: (exports, { operation }) => {
    (exports[operation] as () => unknown)();
  },
};
