import { RegistryError } from '../errors.ts';
import type { HttpResponse } from '../http/exchange.ts';
import { isTransient, waitBefore } from '../http/retry.ts';
import type { RegistryReference } from '../reference/reference.ts';
import type { BlobBytesOptions, BlobOptions, Descriptor } from './client.ts';
import { hashFor } from './digest.ts';
import type { Session } from './session.ts';

/** See `OciClient.blob`. A connection that breaks is taken up again where it broke. */
export async function* readBlob(
  session: Session,
  ref: RegistryReference,
  descriptor: Descriptor,
  options: BlobOptions,
): AsyncGenerator<Uint8Array> {
  const { size, digest } = descriptor;
  const what = `blob ${ref.registry}/${ref.repository}@${digest}`;
  const hash = hashFor(digest);
  let received = 0;
  for (let tries = 1; received < size || tries === 1;) {
    try {
      for await (const chunk of openBlob(session, ref, what, { digest, received, signal: options.signal })) {
        received += chunk.length;
        if (received > size) throw new RegistryError('size-mismatch', `${what}: more than the ${size} bytes it has`);
        hash.update(chunk);
        options.onProgress?.(received);
        yield chunk;
      }
      if (received < size) throw new RegistryError('size-mismatch', `${what}: ${received} of ${size} bytes`);
      break;
    } catch (error) {
      // A body without a length that just ends early is a broken connection, too, as far as one can tell.
      const isBroken = isTransient(error) || (error instanceof RegistryError && received < size && isShort(error));
      if (!isBroken || tries++ >= session.retryPolicy.attempts) throw error;
      await waitBefore(tries - 1, error, session.retryPolicy, options.signal);
    }
  }
  if (hash.digest('hex') !== digest.slice(digest.indexOf(':') + 1)) {
    throw new RegistryError('digest-mismatch', `${what}: the bytes have another digest`);
  }
}

function isShort(error: RegistryError): boolean {
  return error.code === 'size-mismatch';
}

interface Place {
  readonly digest: string;
  /** Bytes that are already here. */
  readonly received: number;
  readonly signal: AbortSignal | undefined;
}

/** The bytes of a blob from `received` on. A server that knows no ranges sends all, and the beginning is left out. */
async function* openBlob(
  session: Session,
  { registry, repository }: RegistryReference,
  what: string,
  { digest, received, signal }: Place,
): AsyncGenerator<Uint8Array> {
  const response = await session.call({
    method: 'GET',
    registry,
    repository,
    target: `/v2/${repository}/blobs/${digest}`,
    headers: received === 0 ? {} : { range: `bytes=${received}-` },
    what,
    access: 'pull',
    expect: received === 0 ? [200] : [200, 206],
    signal,
  });
  let skip = await bytesToSkip(response, received, what);
  for await (const chunk of response.body.chunks()) {
    if (chunk.length > skip) yield skip === 0 ? chunk : chunk.subarray(skip);
    skip = Math.max(0, skip - chunk.length);
  }
}

async function bytesToSkip(response: HttpResponse, received: number, what: string): Promise<number> {
  if (response.status === 200) return received;
  const start = /^bytes (\d+)-/.exec(response.header('content-range') ?? '')?.[1];
  if (start !== undefined && Number(start) === received) return 0;
  await response.body.discard();
  throw new RegistryError('protocol', `${what}: the registry sends another range than was asked for`);
}

/** See `OciClient.blobBytes`. */
export async function readBlobBytes(
  session: Session,
  ref: RegistryReference,
  descriptor: Descriptor,
  { maxBytes, signal }: BlobBytesOptions,
): Promise<Uint8Array> {
  checkSize(descriptor, maxBytes, ref);
  // Not allocated ahead: the size is the manifest's claim, the bytes are what came.
  const parts: Uint8Array[] = [];
  for await (const chunk of readBlob(session, ref, descriptor, { signal })) parts.push(chunk);
  return Buffer.concat(parts);
}

/** Throws `too-large` before a byte is asked for. */
export function checkSize({ size, digest }: Descriptor, maxBytes: number, ref: RegistryReference): void {
  if (size <= maxBytes) return;
  const what = `blob ${ref.registry}/${ref.repository}@${digest}`;
  throw new RegistryError('too-large', `${what}: ${size} bytes, at most ${maxBytes} are taken`);
}
