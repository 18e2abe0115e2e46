/** A policy without metadata, where some are needed. */
export class UnannotatedError extends Error {
  override readonly name = 'UnannotatedError';
  readonly code = 'unannotated';
  readonly hint = 'annotate it first: ostiary annotate -m metadata.yml -o annotated.wasm POLICY';
}

/** A policy that is not in the local store. */
export class NotStoredError extends Error {
  override readonly name = 'NotStoredError';
  readonly code = 'not-stored';
  readonly hint: string;

  constructor(url: string) {
    super(`Cannot find policy with uri: ${url}`);
    this.hint = `ostiary pull ${url} fetches it; ostiary policies lists what is here`;
  }
}
