/**
 * Handles what comes from `source`, `width` at a time, and takes no more from it than is being handled: what is slow
 * holds up the source. Rejects with the first failure, after what was under way has ended.
 */
export async function forEachConcurrently<T>(
  source: AsyncIterable<T>,
  width: number,
  handle: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = source[Symbol.asyncIterator]();
  let isOver = false;
  let failure: { readonly error: unknown } | undefined;
  const worker = async (): Promise<void> => {
    while (!isOver) {
      try {
        // Async generators queue calls of `next`, so workers may all ask at once.
        const { done, value } = await iterator.next();
        if (done === true) isOver = true;
        else await handle(value);
      } catch (error) {
        failure ??= { error };
        isOver = true;
      }
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  await iterator.return?.();
  if (failure !== undefined) throw failure.error;
}
