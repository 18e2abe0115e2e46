import { Stop } from '../stop.ts';
import { argsAndEnviron } from './args.ts';
import { clock } from './clock.ts';
import type { WasiContext, WasiFunction } from './context.ts';
import { ERRNO } from './errno.ts';
import { fd } from './fd.ts';
import { poll } from './poll.ts';
import { proc } from './proc.ts';
import { random } from './random.ts';
import { WASI_SIGNATURES } from './signatures.ts';

const FAMILIES = [argsAndEnviron, clock, fd, poll, proc, random];

/** The import object of `wasi_snapshot_preview1` for one instance: every function of the interface, some perhaps in another layout. */
export function wasiImports(
  context: WasiContext,
  instead: Readonly<Record<string, WasiFunction>> = {},
): Record<string, WasiFunction> {
  const families = FAMILIES.map((family) => family(context));
  const offered: Record<string, WasiFunction> = Object.assign({}, ...families, instead);
  return Object.fromEntries(
    Object.keys(WASI_SIGNATURES).map((name) => [name, guarded(context, offered[name] ?? refusal(name))]),
  );
}

/** A call that a host function has ended stays ended: a guest that catches the exception gets nothing more done. */
function guarded(context: WasiContext, implementation: WasiFunction): WasiFunction {
  return (...args) => {
    if (context.state.stopped) throw new Stop(context.state.stopped.message);
    return implementation(...args);
  };
}

/** Without files and sockets every other function fails as it would on a descriptor that was never opened. */
function refusal(name: string): WasiFunction {
  const errno = name.startsWith('sock_') ? ERRNO.notsock : name === 'fd_allocate' ? ERRNO.nosys : ERRNO.badf;
  return () => errno;
}
