import { callIfExported, type Abi } from '../abi.ts';
import { stop } from '../call-state.ts';
import { allowExitZero } from '../exit.ts';
import { wasiImports } from '../wasi/imports.ts';
import { unstableImports, UNSTABLE_IMPORTS } from '../wasi/preview0.ts';
import { WASI_IMPORTS } from '../wasi/reactor.ts';
import { WAPC_IMPORTS } from './signatures.ts';
import { newExchange, wapcFunctions } from './host.ts';

const utf8 = new TextEncoder();

/**
 * waPC as Kubewarden policies use it: `_start`, then `wapc_init` at start-up (`_initialize` for reactors that have no
 * `_start`), and one `__guest_call` per request (contract: policy-server §7.1).
 */
export const wapc: Abi = {
  name: 'wapc',
  imports: { wapc: WAPC_IMPORTS, wasi_snapshot_preview1: WASI_IMPORTS, wasi_unstable: UNSTABLE_IMPORTS },
  requiredExports: { __guest_call: 'ii:i' },
  operationsAreExports: false,
  answersOnStdout: false,
  startsPerOperation: false,
  makeImports: (context) => ({
    wapc: wapcFunctions(context),
    wasi_snapshot_preview1: wasiImports(context),
    // Hardly any module asks for it, so that it is not made before one does.
    get wasi_unstable() {
      return unstableImports(context);
    },
  }),
  initialise: (exports, context) => {
    allowExitZero(context.state, () => callIfExported(exports, '_start' in exports ? '_start' : '_initialize'));
    allowExitZero(context.state, () => callIfExported(exports, 'wapc_init'));
  },
  invoke: (exports, context) => {
    const operation = utf8.encode(context.operation);
    const exchange = newExchange(operation);
    context.exchange = exchange;
    const payloadLength = context.state.input.reduce((sum, segment) => sum + segment.length, 0);
    const accepted = (exports['__guest_call'] as (o: number, p: number) => number)(operation.length, payloadLength);
    if (accepted !== 0 && exchange.responded) return;
    stop(context.state, 'guest-error', exchange.error || `call to "${context.operation}" was unsuccessful`);
  },
};
