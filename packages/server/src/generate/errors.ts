/** An option that no API server could work with. */
export class GenerateError extends Error {
  override readonly name = 'GenerateError';
  readonly code = 'invalid-option';
}
