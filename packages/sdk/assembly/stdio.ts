import { fd_read, fd_write } from './imports/wasi_snapshot_preview1';
import { Writer } from './json/writer';

const STDIN: u32 = 0;
export const STDOUT: u32 = 1;
export const STDERR: u32 = 2;

/** A usual review has 1 to 16 KiB; larger ones double the buffer, which grows in place as the last block of the heap. */
const FIRST_READ: usize = 16 * 1024;

const iovec: usize = memory.data(8, 4);
const transferred: usize = memory.data(4, 4);

/** Reads standard input to its end. Traps when it can't be read. */
export function readAll(): Writer {
  const input = new Writer(FIRST_READ);
  while (true) {
    input.reserve(1);
    store<u32>(iovec, <u32>(input.data + input.length));
    store<u32>(iovec, <u32>input.room, 4);
    assert(fd_read(STDIN, iovec, 1, transferred) == 0, 'cannot read standard input');
    const read = <usize>load<u32>(transferred);
    if (read == 0) return input;
    input.length += read;
  }
}

/** Writes all bytes; says whether that succeeded. */
export function writeAll(fd: u32, data: usize, length: usize): bool {
  while (length > 0) {
    store<u32>(iovec, <u32>data);
    store<u32>(iovec, <u32>length, 4);
    if (fd_write(fd, iovec, 1, transferred) != 0) return false;
    const written = <usize>load<u32>(transferred);
    if (written == 0) return false;
    data += written;
    length -= written;
  }
  return true;
}
