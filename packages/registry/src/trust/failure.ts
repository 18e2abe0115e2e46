/** True for what `throw` is used for. */
export function isError(error: unknown): error is Error {
  return error instanceof Error;
}

const MAX_CHARACTERS = 300;

/** The message of whatever was thrown, with its cause, on one line and bounded: signers and registries shape it. */
export function reasonOf(error: unknown): string {
  if (!isError(error)) return 'unknown failure';
  const cause = isError(error.cause) ? ` (${error.cause.message})` : '';
  return oneLine(error.message + cause);
}

/** Untrusted text for a message: no control characters, at most 300 characters. */
export function oneLine(text: string): string {
  // eslint-disable-next-line no-control-regex
  const clean = text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, ' ');
  return clean.length > MAX_CHARACTERS ? `${clean.slice(0, MAX_CHARACTERS)}…` : clean;
}
