/** A setting that can't be used; the message names the flag or the variable. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly code = 'bad-setting';
}
