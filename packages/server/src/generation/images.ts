import type { CompileOptions, GuestImage } from '@ostiary/sandbox';
import type { EvaluationPool } from '../evaluation/pool.ts';
import type { Trial } from '../evaluation/protocol.ts';

/** Images by what they were made from, so that equal code is compiled once, also for several generations. */
export interface Images {
  get(key: string): Promise<GuestImage> | undefined;
  set(key: string, image: Promise<GuestImage>): void;
  delete(key: string): void;
}

/** Where an image is kept: the code, and everything that decides what becomes of it. */
export function imageKeyOf(digest: string, options: CompileOptions): string {
  return JSON.stringify([digest, options]);
}

/** The image under `key`, compiled if there is none yet. Rejects with the cause; nothing is kept then. */
export function imageOf(
  images: Images,
  key: string,
  pool: EvaluationPool,
  make: () => Promise<{
    readonly bytes: Uint8Array;
    readonly options: CompileOptions;
    readonly trial: Pick<Trial, 'operation' | 'input'>;
  }>,
): Promise<GuestImage> {
  const known = images.get(key);
  if (known) return known;
  const image = compiled(pool, make);
  images.set(key, image);
  image.catch(() => images.delete(key));
  return image;
}

async function compiled(pool: EvaluationPool, make: Parameters<typeof imageOf>[3]): Promise<GuestImage> {
  const { bytes, options, trial } = await make();
  const result = await pool.compile(bytes, options, trial);
  if ('module' in result) return result;
  throw new Error(result.message);
}
