/** Text without a secret. */
export type Redact = (text: string) => string;

/** A rest of a secret at the end of a text is taken out from this length on; less could be anything. */
const MIN_REST = 8;

/**
 * Replaces every occurrence of `secret`, as it is and as JSON spells it, because a guest may quote its input; so is the
 * first part of it where the text ends, because stderr is cut at its limit. An empty secret is none. What a guest has
 * encoded otherwise cannot be found.
 */
export function redactor(secret: string): Redact {
  if (secret === '') return (text) => text;
  const spelled = JSON.stringify(secret).slice(1, -1);
  return (text) => withoutRest(text.replaceAll(secret, REDACTED).replaceAll(spelled, REDACTED), secret);
}

const REDACTED = '[token]';

function withoutRest(text: string, secret: string): string {
  for (let length = Math.min(secret.length - 1, text.length); length >= MIN_REST; length--) {
    if (text.endsWith(secret.slice(0, length))) return text.slice(0, -length) + REDACTED;
  }
  return text;
}
