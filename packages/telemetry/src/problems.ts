import { diag, DiagLogLevel } from '@opentelemetry/api';

/** Times of the same problem that are told: an absent collector fails every push, and one line a minute says so. */
const TOLD_EVERY_MS = 60_000;
const MAX_TOLD = 100;
const MAX_SHOWN_CHARACTERS = 300;

/** Hands over what the libraries of this thread complain of, each once a minute. */
export function onProblems(tell: (message: string) => void): void {
  const told = new Map<string, number>();
  const problem = (message: string): void => {
    const text = causeIn(message).slice(0, MAX_SHOWN_CHARACTERS);
    const now = performance.now();
    if (now - (told.get(text) ?? -Infinity) < TOLD_EVERY_MS) return;
    if (told.size > MAX_TOLD) told.clear();
    told.set(text, now);
    tell(text);
  };
  diag.setLogger(
    { error: problem, warn: problem, info: () => undefined, debug: () => undefined, verbose: () => undefined },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
}

/** The libraries report errors as JSON of their members. */
function causeIn(message: string): string {
  const [, quoted] = /"message":("(?:[^"\\]|\\.)*")/.exec(message) ?? [];
  return quoted === undefined ? message : String(JSON.parse(quoted));
}
