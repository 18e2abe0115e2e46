import { appendOutput, appendStderr, readInput } from '../call-state.ts';
import { Parked } from '../stop.ts';
import { ERRNO } from './errno.ts';
import type { WasiContext, WasiFamily } from './context.ts';

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;

/** Rights of the preview 1 fdstat: fd_read is bit 1, fd_write bit 6. */
const RIGHT_READ = 1n << 1n;
const RIGHT_WRITE = 1n << 6n;
/** Bytes of the preview 1 filestat. */
const FILESTAT_SIZE = 64;
/** An iovec is a pointer and a length. */
const IOVEC_SIZE = 8;
/** No real program passes more (POSIX's IOV_MAX is 1,024); a hostile count must not become a long host loop. */
const MAX_IOVECS = 1024;

/** The three standard streams; there are no other descriptors, so that nothing can be opened, listed or looked up. */
export const fd: WasiFamily = (context) => {
  const onStream = (descriptor: number): number => (isStream(descriptor) ? ERRNO.success : ERRNO.badf);
  const noSeek = (descriptor: number): number => (isStream(descriptor) ? ERRNO.spipe : ERRNO.badf);

  const read = (descriptor: number, iovecs: number, count: number, readPointer: number): number => {
    if (descriptor !== STDIN) return ERRNO.badf;
    if (context.parking) throw new Parked();
    const total = eachIovec(context, iovecs, count, true, (target) => readInput(context.state, target));
    return typeof total === 'string' ? ERRNO[total] : writeCount(context, readPointer, total);
  };

  const write = (descriptor: number, iovecs: number, count: number, writtenPointer: number): number => {
    if (descriptor !== STDOUT && descriptor !== STDERR) return ERRNO.badf;
    const total = eachIovec(context, iovecs, count, false, (bytes) => {
      if (descriptor === STDOUT && context.answersOnStdout) appendOutput(context.state, bytes, context.outputLimit);
      else appendStderr(context.state, bytes);
      return bytes.length;
    });
    return typeof total === 'string' ? ERRNO[total] : writeCount(context, writtenPointer, total);
  };

  return {
    fd_read: read,
    fd_write: write,
    fd_close: onStream,
    fd_sync: onStream,
    fd_datasync: onStream,
    fd_fdstat_set_flags: onStream,
    fd_fdstat_set_rights: onStream,
    fd_seek: noSeek,
    fd_tell: noSeek,
    fd_pread: noSeek,
    fd_pwrite: noSeek,
    fd_fdstat_get: (descriptor: number, pointer: number): number => {
      if (!isStream(descriptor)) return ERRNO.badf;
      return context.memory.write(pointer, fdstat(descriptor)) ? ERRNO.success : ERRNO.fault;
    },
    fd_filestat_get: filestat(context, FILESTAT_SIZE),
  };
};

/** A stream has no device, size or times, and its type is not told: a record of zeros of so many bytes. */
export function filestat(context: WasiContext, size: number): (descriptor: number, pointer: number) => number {
  return (descriptor, pointer) => {
    if (!isStream(descriptor)) return ERRNO.badf;
    return context.memory.write(pointer, new Uint8Array(size)) ? ERRNO.success : ERRNO.fault;
  };
}

function isStream(descriptor: number): boolean {
  return descriptor >>> 0 <= STDERR;
}

/** File type 0 (unknown), as for a pipe: a character device would make C libraries buffer by line. */
function fdstat(descriptor: number): Uint8Array {
  const stat = new Uint8Array(24);
  new DataView(stat.buffer).setBigUint64(8, descriptor === STDIN ? RIGHT_READ : RIGHT_WRITE, true);
  return stat;
}

function writeCount(context: WasiContext, pointer: number, count: number): number {
  return context.memory.writeU32(pointer, count) ? ERRNO.success : ERRNO.fault;
}

/**
 * Hands each buffer of an iovec list to `use`, which answers how many bytes it handled; a short answer ends the list.
 *
 * @returns The bytes handled in all, or the error's name.
 */
function eachIovec(
  context: WasiContext,
  iovecs: number,
  count: number,
  forWriting: boolean,
  use: (bytes: Uint8Array) => number,
): number | 'fault' | 'inval' {
  if (count >>> 0 > MAX_IOVECS) return 'inval';
  let total = 0;
  for (let index = 0; index < count; index++) {
    const entry = (iovecs >>> 0) + index * IOVEC_SIZE;
    const pointer = context.memory.readU32(entry);
    const length = context.memory.readU32(entry + 4);
    if (pointer === undefined || length === undefined) return 'fault';
    const bytes = forWriting ? context.memory.writable(pointer, length) : context.memory.range(pointer, length);
    if (!bytes) return 'fault';
    const handled = use(bytes);
    total += handled;
    if (handled < bytes.length) break;
  }
  return total;
}
