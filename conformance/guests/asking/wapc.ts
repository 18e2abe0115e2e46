import { assemble } from '../../src/assemble/index.ts';
import { AT, CODES, eachStep, hostFunction, LOCALS, NAMES, NEXT, push, pushNames, whenStep } from './program.ts';

const WASI = [
  hostFunction('wasi_snapshot_preview1', 'random_get', 2, 1),
  {
    module: 'wasi_snapshot_preview1',
    name: 'clock_time_get',
    function: { params: ['i32', 'i64', 'i32'], results: ['i32'] },
  },
] as const;

const HOST = [
  hostFunction('wapc', '__guest_request', 2, 0),
  hostFunction('wapc', '__guest_response', 2, 0),
  hostFunction('wapc', '__guest_error', 2, 0),
  hostFunction('wapc', '__host_call', 8, 1),
  hostFunction('wapc', '__host_response_len', 0, 1),
  hostFunction('wapc', '__host_response', 1, 0),
  hostFunction('wapc', '__host_error_len', 0, 1),
  hostFunction('wapc', '__host_error', 1, 0),
];

const grow = (bytes: string): string => `local.get $out ${bytes} i32.add local.set $out`;

const steps = `
  ${whenStep(CODES.spin, 'loop br 0 end')}
  ${whenStep(CODES.log, `${pushNames('log')} local.get $at i32.const 1 i32.add i32.const 1 call $__host_call drop ${NEXT(2)}`)}
  ${whenStep(CODES.random, `local.get $out i32.const 8 call $random_get drop ${grow('i32.const 8')} ${NEXT(1)}`)}
  ${whenStep(CODES.clock, `i32.const 0 i64.const 0 local.get $out call $clock_time_get drop ${grow('i32.const 8')} ${NEXT(1)}`)}
  ${whenStep(CODES.askInVain, `${NEXT(1)} ${pushNames('ask')} local.get $at i32.const 1 i32.add local.get $at i32.load8_u call $__host_call drop
    local.get $at i32.load8_u i32.const 1 i32.add local.get $at i32.add local.set $at`)}
  ${pushNames('ask')} local.get $at i32.const 1 i32.add local.get $n call $__host_call i32.eqz if
    ${push(AT.error)} call $__host_error
    ${push(AT.error)} call $__host_error_len call $__guest_error i32.const 0 return
  end
  local.get $out call $__host_response
  ${grow('call $__host_response_len')}
  local.get $at local.get $n i32.add i32.const 1 i32.add local.set $at
  br 1`;

export interface AskingGuest {
  /** What `wapc_init` does; default: nothing. */
  readonly start?: string;
  /** Pages that a call grows by before anything else; default 0, which leaves 64 KiB for all replies. */
  readonly pages?: number;
}

export function askingWapcGuest({ start = '', pages = 0 }: AskingGuest = {}): Uint8Array<ArrayBuffer> {
  return assemble({
    imports: [...HOST, ...WASI],
    memories: [{ min: 3, max: 1000 }],
    memoryExport: 'memory',
    data: [{ offset: AT.names, text: NAMES }],
    functions: [
      {
        name: 'call',
        export: '__guest_call',
        params: { operation: 'i32', payload: 'i32' },
        results: ['i32'],
        locals: LOCALS,
        body: `
          ${push(pages)} memory.grow drop
          ${push(0, AT.input)} call $__guest_request
          ${push(AT.input)} local.set $at
          ${push(AT.input)} local.get $payload i32.add local.set $end
          ${push(AT.output)} local.set $out
          ${eachStep(steps)}
          ${push(AT.output)} local.get $out ${push(AT.output)} i32.sub call $__guest_response
          i32.const 1`,
      },
      { name: 'init', export: 'wapc_init', body: start },
    ],
  });
}
