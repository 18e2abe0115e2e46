/**
 * The guest of the comparison, assembled by hand, because what it does must be known to the instruction:
 *
 *     (import "host" "check" (func))
 *     (func (export "run") (param $rounds i32)
 *       (loop                         ;; as often as $rounds says, at least once
 *         (call 0)                    ;; asks its host whether to go on
 *         (local.set $i (i32.const SPINS))
 *         (loop (br_if 0 (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
 *         (br_if 0 (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1))))))
 */
export function spinningGuest(): WebAssembly.Module {
  const text = (value: string): number[] => [value.length, ...Buffer.from(value)];
  const section = (id: number, content: readonly number[]): number[] => [id, content.length, ...content];
  const countDown = (local: number): number[] => [0x20, local, 0x41, 1, 0x6b, 0x22, local, 0x0d, 0];
  const oneLocal = [1, 1, 0x7f];
  const ask = [0x03, 0x40, 0x10, 0];
  const spin = [0x41, ...SPINS, 0x21, 1, 0x03, 0x40, ...countDown(1), 0x0b];
  const body = [...oneLocal, ...ask, ...spin, ...countDown(0), 0x0b, 0x0b];
  return new WebAssembly.Module(
    Uint8Array.from([
      ...HEADER,
      ...section(1, [2, 0x60, 0, 0, 0x60, 1, 0x7f, 0]),
      ...section(2, [1, ...text('host'), ...text('check'), 0, 0]),
      ...section(3, [1, 1]),
      ...section(7, [1, ...text('run'), 0, 1]),
      ...section(10, [1, body.length, ...body]),
    ]),
  );
}

const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0] as const;
/** 10,000 as a signed LEB128: some microseconds between two questions. */
const SPINS = [0x90, 0xce, 0x00];
