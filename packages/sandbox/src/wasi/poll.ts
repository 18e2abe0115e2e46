import { sleepInCall } from '../call-state.ts';
import { ERRNO } from './errno.ts';
import type { WasiContext, WasiFamily } from './context.ts';

/** Size and offsets of a `subscription` record. */
interface Layout {
  readonly size: number;
  readonly tag: number;
  readonly clockId: number;
  readonly timeout: number;
  readonly flags: number;
}

/** Sizes and offsets of the preview 1 `subscription` and `event` records. */
const SUBSCRIPTION: Layout = { size: 48, tag: 8, clockId: 16, timeout: 24, flags: 40 };
const EVENT = { size: 32, type: 10 } as const;
const TAG_CLOCK = 0;
const ABSOLUTE_TIME = 1;
const REALTIME = 0;
/** More than any program of ours waits for, and a bound for the host's loop. */
const MAX_SUBSCRIPTIONS = 64;

interface Subscription {
  readonly userdata: bigint;
  readonly tag: number;
  /** Milliseconds from now; 0 for a stream, which is always ready. */
  readonly waitMs: number;
}

export const poll: WasiFamily = (context) => ({ poll_oneoff: pollOneoff(context, SUBSCRIPTION) });

/** Sleeps really (the original's sleep returned at once), but never past the deadline. */
export function pollOneoff(
  context: WasiContext,
  layout: Layout,
): (input: number, output: number, count: number, countPointer: number) => number {
  return (input, output, count, countPointer) => {
    if (count >>> 0 === 0 || count >>> 0 > MAX_SUBSCRIPTIONS) return ERRNO.inval;
    const bytes = context.memory.copy(input, count * layout.size);
    if (!bytes) return ERRNO.fault;
    const subscriptions = readSubscriptions(context, new DataView(bytes.buffer), count, layout);
    const wait = Math.min(...subscriptions.map(({ waitMs }) => waitMs));
    if (wait > 0) sleepInCall(context.control, context.state, wait);
    const ready = subscriptions.filter(({ waitMs }) => waitMs <= wait);
    const written = context.memory.write(output, events(ready)) && context.memory.writeU32(countPointer, ready.length);
    return written ? ERRNO.success : ERRNO.fault;
  };
}

function readSubscriptions(context: WasiContext, view: DataView, count: number, layout: Layout): Subscription[] {
  return Array.from({ length: count }, (_, index) => {
    const at = index * layout.size;
    const tag = view.getUint8(at + layout.tag);
    const userdata = view.getBigUint64(at, true);
    return { userdata, tag, waitMs: tag === TAG_CLOCK ? clockWait(context, view, at, layout) : 0 };
  });
}

function clockWait(context: WasiContext, view: DataView, at: number, layout: Layout): number {
  const timeout = Number(view.getBigUint64(at + layout.timeout, true)) / 1e6;
  if ((view.getUint16(at + layout.flags, true) & ABSOLUTE_TIME) === 0) return timeout;
  const isWall = view.getUint32(at + layout.clockId, true) === REALTIME;
  return Math.max(0, timeout - (isWall ? context.wallClock() : context.monotonicClock()));
}

function events(ready: readonly Subscription[]): Uint8Array {
  const bytes = new Uint8Array(ready.length * EVENT.size);
  const view = new DataView(bytes.buffer);
  for (const [index, { userdata, tag }] of ready.entries()) {
    view.setBigUint64(index * EVENT.size, userdata, true);
    view.setUint8(index * EVENT.size + EVENT.type, tag);
  }
  return bytes;
}
