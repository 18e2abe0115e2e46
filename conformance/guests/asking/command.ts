import { assemble } from '../../src/assemble/index.ts';
import { AT, CODES, eachStep, hostFunction, LOCALS, NAMES, NEXT, push, pushNames, whenStep } from './program.ts';

const iovec = (pointer: string, length: string): string =>
  `${push(AT.iovec)} ${pointer} i32.store ${push(AT.iovec + 4)} ${length} i32.store`;

/** Reads stdin until a read gives nothing; `$got` bytes from the pointer in the local `into` on. */
const readAll = (into: string): string => `
  i32.const 0 local.set $got
  loop
    ${iovec(`local.get $${into} local.get $got i32.add`, `memory.size i32.const 65536 i32.mul local.get $${into} local.get $got i32.add i32.sub`)}
    ${push(0, AT.iovec, 1, AT.count)} call $fd_read drop
    local.get $got ${push(AT.count)} i32.load i32.add local.set $got
    ${push(AT.count)} i32.load br_if 0
  end`;

const write = (descriptor: number, pointer: string, length: string): string =>
  `${iovec(pointer, length)} ${push(descriptor, AT.iovec, 1, AT.count)} call $fd_write drop`;

const grow = `local.get $out i32.const 8 i32.add local.set $out`;

const steps = `
  ${whenStep(CODES.spin, 'loop br 0 end')}
  ${whenStep(CODES.log, `${pushNames('log')} local.get $at i32.const 1 i32.add i32.const 1 call $call drop ${NEXT(2)}`)}
  ${whenStep(CODES.random, `local.get $out i32.const 8 call $random_get drop ${grow} ${NEXT(1)}`)}
  ${whenStep(CODES.clock, `i32.const 0 i64.const 0 local.get $out call $clock_time_get drop ${grow} ${NEXT(1)}`)}
  ${whenStep(CODES.askInVain, `${NEXT(1)} ${pushNames('ask')} local.get $at i32.const 1 i32.add local.get $at i32.load8_u call $call drop
    local.get $at i32.load8_u i32.const 1 i32.add local.get $at i32.add local.set $at`)}
  ${pushNames('ask')} local.get $at i32.const 1 i32.add local.get $n call $call local.set $failed
  ${readAll('out')}
  local.get $failed if ${write(2, 'local.get $out', 'local.get $got')} i32.const 1 call $proc_exit end
  local.get $out local.get $got i32.add local.set $out
  local.get $at local.get $n i32.add i32.const 1 i32.add local.set $at
  br 1`;

export interface AskingCommand {
  /** Where SDKs import the host call from; default `host`. */
  readonly module?: 'host' | 'kubewarden:javy/host';
  readonly wasi?: 'wasi_snapshot_preview1' | 'wasi_unstable';
  /** Pages that a call grows by before anything else; default 0, which leaves 64 KiB for all replies. */
  readonly pages?: number;
}

export function askingCommand({
  module = 'host',
  wasi = 'wasi_snapshot_preview1',
  pages = 0,
}: AskingCommand = {}): Uint8Array<ArrayBuffer> {
  return assemble({
    imports: [
      hostFunction(module, 'call', 8, 1),
      hostFunction(wasi, 'fd_read', 4, 1),
      hostFunction(wasi, 'fd_write', 4, 1),
      hostFunction(wasi, 'random_get', 2, 1),
      hostFunction(wasi, 'proc_exit', 1, 0),
      { module: wasi, name: 'clock_time_get', function: { params: ['i32', 'i64', 'i32'], results: ['i32'] } },
    ],
    memories: [{ min: 3, max: 1000 }],
    memoryExport: 'memory',
    data: [{ offset: AT.names, text: NAMES }],
    functions: [
      {
        name: 'start',
        export: '_start',
        locals: { ...LOCALS, failed: 'i32' },
        body: `
          ${push(pages)} memory.grow drop
          ${push(AT.input)} local.set $at
          ${readAll('at')}
          local.get $at local.get $got i32.add local.set $end
          ${push(AT.output)} local.set $out
          ${eachStep(steps)}
          ${write(1, push(AT.output), `local.get $out ${push(AT.output)} i32.sub`)}`,
      },
    ],
  });
}
