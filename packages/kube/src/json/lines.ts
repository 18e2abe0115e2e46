import { KubeError } from '../errors.ts';

const NEWLINE = 0x0a;

/** Cuts a stream of bytes into lines. */
export interface LineSplitter {
  /** The lines that `chunk` completes, without their newlines and without empty ones. Throws KubeError `too-large`. */
  readonly push: (chunk: Uint8Array) => readonly Uint8Array[];
}

/** A line of more than `maxBytes` is refused as soon as it is that long, wherever it might end. */
export function createLineSplitter(maxBytes: number): LineSplitter {
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;

  const keep = (part: Uint8Array): void => {
    pendingBytes += part.length;
    if (pendingBytes > maxBytes)
      throw new KubeError('too-large', `an event of a watch has more than ${maxBytes} bytes`);
    if (part.length > 0) pending.push(part);
  };
  const complete = (): Uint8Array => {
    const line = pending.length === 1 && pending[0] !== undefined ? pending[0] : Buffer.concat(pending, pendingBytes);
    pending = [];
    pendingBytes = 0;
    return line;
  };
  return {
    push: (chunk) => {
      const lines: Uint8Array[] = [];
      let start = 0;
      for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
        keep(chunk.subarray(start, end));
        const line = complete();
        if (line.length > 0) lines.push(line);
        start = end + 1;
      }
      keep(chunk.subarray(start));
      return lines;
    },
  };
}
