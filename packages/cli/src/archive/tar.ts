/** A tar archive that can't be read or written. */
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError';
  readonly code = 'archive';
}

/** A regular file of an archive. */
export interface ArchiveEntry {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Its bytes, once; what isn't read is passed over. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

const BLOCK = 512;
/** An archive ends with two empty blocks. */
const END = Buffer.alloc(2 * BLOCK);
/** Bytes of a name that fit a header; longer ones come before it as a file of their own, as GNU and Rust's tar write it. */
const NAME_BYTES = 100;
/** Octal digits of a size in a header. */
const MAX_SIZE = 8 ** 11 - 1;
/** Longest path that Linux opens; a longer name is an attack or garbage. */
const MAX_NAME = 4096;

/** The bytes of a tar archive of these files. Times are zero, so that equal contents give equal archives. */
export async function* writeTar(
  files: AsyncIterable<ArchiveEntry> | Iterable<ArchiveEntry>,
): AsyncGenerator<Uint8Array> {
  for await (const { name, size, chunks } of files) {
    const bytes = Buffer.from(name);
    if (bytes.length > NAME_BYTES) {
      const long = Buffer.concat([bytes, Buffer.from([0])]);
      yield Buffer.concat([header('././@LongLink', long.length, 'L'), long, padding(long.length)]);
    }
    yield header(bytes.subarray(0, NAME_BYTES), size, '0');
    yield* exactly(chunks, size, name);
    yield padding(size);
  }
  yield END;
}

async function* exactly(chunks: AsyncIterable<Uint8Array>, size: number, name: string): AsyncGenerator<Uint8Array> {
  let written = 0;
  for await (const chunk of chunks) {
    written += chunk.length;
    yield chunk;
  }
  if (written !== size) throw new ArchiveError(`${name} changed while it was read`);
}

function header(name: string | Uint8Array, size: number, type: string): Buffer {
  if (size > MAX_SIZE) throw new ArchiveError(`a file of ${size} bytes is too big for an archive`);
  const block = Buffer.alloc(BLOCK);
  Buffer.from(name).copy(block);
  block.write('0000644\0' + '0000000\0'.repeat(2), NAME_BYTES);
  block.write(`${size.toString(8).padStart(11, '0')}\0${'0'.repeat(11)}\0`, 124);
  block.write(`${' '.repeat(8)}${type}`, 148);
  block.write('ustar  \0', 257);
  block.write(`${checksum(block).toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

/** The sum of the bytes, with spaces for the checksum itself. */
function checksum(block: Uint8Array): number {
  let sum = 0;
  for (const [index, byte] of block.entries()) sum += index >= 148 && index < 156 ? 0x20 : byte;
  return sum;
}

function padding(size: number): Uint8Array {
  return new Uint8Array((BLOCK - (size % BLOCK)) % BLOCK);
}

/**
 * The regular files of a tar archive, in order, as its bytes come. Folders and links are passed over. Long names are
 * read in all three spellings: the prefix of POSIX, GNU's extra file and the records of pax.
 *
 * @throws ArchiveError
 */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<ArchiveEntry> {
  const reader = createReader(source);
  let longName: string | undefined;
  for (;;) {
    const block = await reader.exactly(BLOCK);
    if (block.every((byte) => byte === 0)) return;
    const { name, size, type } = readHeader(block);
    if (type === 'L' || type === 'x') {
      longName = readLongName(type, await reader.exactly(boundedName(size))) ?? longName;
      await reader.skip(padding(size).length);
      continue;
    }
    const left = { bytes: size };
    if (type === '0' || type === '\0') yield { name: longName ?? name, size, chunks: reader.take(left) };
    await reader.skip(left.bytes + padding(size).length);
    if (type !== 'g') longName = undefined;
  }
}

function readHeader(block: Buffer): { readonly name: string; readonly size: number; readonly type: string } {
  const text = (start: number, length: number): string =>
    block.toString('utf8', start, start + length).replace(/\0.*$/s, '');
  const sum = Number.parseInt(text(148, 8).trim(), 8);
  if (sum !== checksum(block)) throw new ArchiveError('the archive is damaged: the checksum of a header is wrong');
  const size = text(124, 12).trim();
  if (!/^[0-7]{1,12}$/.test(size)) throw new ArchiveError('the archive has a file whose size is no octal number');
  const isPosix = text(257, 6) === 'ustar' && block[263] !== 0x20;
  const prefix = isPosix ? text(345, 155) : '';
  const name = prefix === '' ? text(0, NAME_BYTES) : `${prefix}/${text(0, NAME_BYTES)}`;
  return { name, size: Number.parseInt(size, 8), type: block.toString('latin1', 156, 157) };
}

function boundedName(size: number): number {
  if (size <= 2 * MAX_NAME) return size;
  throw new ArchiveError(`the archive has a name of ${size} bytes`);
}

function readLongName(type: 'L' | 'x', bytes: Buffer): string | undefined {
  const text = bytes.toString('utf8');
  return type === 'L' ? text.replace(/\0.*$/s, '') : /^\d+ path=(.*)$/m.exec(text)?.[1];
}

/** Reads a stream of chunks in the portions that the format asks for, never more than a chunk ahead. */
function createReader(source: AsyncIterable<Uint8Array>) {
  const chunks = source[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array();
  const upTo = async (most: number): Promise<Uint8Array> => {
    while (rest.length === 0) {
      const next = await chunks.next();
      if (next.done === true) throw new ArchiveError('the archive ends in the middle of a file');
      rest = next.value;
    }
    const portion = rest.subarray(0, most);
    rest = rest.subarray(portion.length);
    return portion;
  };
  async function* take(left: { bytes: number }): AsyncGenerator<Uint8Array> {
    while (left.bytes > 0) {
      const portion = await upTo(left.bytes);
      left.bytes -= portion.length;
      yield portion;
    }
  }
  return {
    take,
    async exactly(size: number): Promise<Buffer> {
      const portions: Uint8Array[] = [];
      for await (const portion of take({ bytes: size })) portions.push(portion);
      return Buffer.concat(portions);
    },
    async skip(size: number): Promise<void> {
      for await (const _ of take({ bytes: size }));
    },
  };
}
