import { RESUME_EXPORTS } from '@ostiary/wasm';
import type { Abi, InstanceContext } from '../abi.ts';
import { allowExitZero } from '../exit.ts';
import { NotParked, Parked } from '../stop.ts';
import { HOST_CALL_IMPORTS, hostCallImports } from './host-call.ts';
import { wasiImports } from './imports.ts';
import { unstableImports, UNSTABLE_IMPORTS } from './preview0.ts';
import { WASI_IMPORTS } from './reactor.ts';

/** What a command finds as its own name. */
const PROGRAM = 'policy.wasm';

/**
 * Command modules, as Kubewarden's WASI policies are: `_start` with the operation as the only argument, input on stdin,
 * output on stdout, exit code 0 or a normal return for success (contract: policy-server §7.2).
 *
 * A Go command is started once, up to its first read of stdin, and each call goes on from there; any other command runs
 * `_start` for each call.
 */
export const wasiCommand: Abi = {
  name: 'wasi-command',
  imports: { wasi_snapshot_preview1: WASI_IMPORTS, wasi_unstable: UNSTABLE_IMPORTS, ...HOST_CALL_IMPORTS },
  requiredExports: { _start: ':' },
  operationsAreExports: false,
  answersOnStdout: true,
  startsPerOperation: true,
  makeImports: (context) => ({
    wasi_snapshot_preview1: wasiImports(context),
    // Hardly any module asks for it, so that it is not made before one does.
    get wasi_unstable() {
      return unstableImports(context);
    },
    ...hostCallImports(context),
  }),
  initialise: (exports, context) => {
    context.args = [PROGRAM, context.operation];
    if (context.resumable) park(exports, context);
  },
  invoke: (exports, context) => {
    const entry = exports[context.resumable ? RESUME_EXPORTS.resume : '_start'] as () => void;
    allowExitZero(context.state, entry);
  },
};

function park(exports: WebAssembly.Exports, context: InstanceContext): void {
  context.parking = true;
  try {
    (exports['_start'] as () => void)();
  } catch (error) {
    if (error instanceof Parked) return (exports[RESUME_EXPORTS.park] as () => void)();
    // A trap, an exit or a stop: whatever it was, it comes again, and is reported, when the command runs plainly.
  } finally {
    context.parking = false;
  }
  throw new NotParked();
}
