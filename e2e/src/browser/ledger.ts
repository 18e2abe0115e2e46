import type { CallTime } from './call-time.ts';
import type { BrowserEvent, CaseResult } from './events.ts';

/** What a browser has told of its run so far; who asks for what is not there yet waits for it, or for the run's end. */
export interface Ledger {
  readonly record: (event: Exclude<BrowserEvent, { type: 'broken' }>) => void;
  /** The run is over: nothing that is not there will come. Rejections say `reason`, where the run stood, and `details`. */
  readonly close: (reason: string, details?: string) => void;
  readonly cases: () => Promise<readonly string[]>;
  readonly result: (name: string) => Promise<CaseResult>;
  readonly times: () => Promise<readonly CallTime[]>;
}

export function createLedger(): Ledger {
  const results = new Map<string, CaseResult>();
  let cases: readonly string[] | undefined;
  let times: readonly CallTime[] | undefined;
  let end: string | undefined;
  let change = Promise.withResolvers<void>();

  const changed = (): void => {
    change.resolve();
    change = Promise.withResolvers();
  };
  const close = (reason: string, details = ''): void => {
    end ??= `${reason}; ${standing(cases, results)}${details && `\n${details}\n`}`;
    changed();
  };
  const wait = async <T>(look: () => T | undefined): Promise<T> => {
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      if (end !== undefined) throw new Error(end);
      await change.promise;
    }
  };

  return {
    record(event) {
      if (event.type === 'cases') cases = event.names;
      else if (event.type === 'result') results.set(event.name, event);
      else times = event.times;
      if (event.type === 'times') close('the browser has told everything');
      else changed();
    },
    close,
    cases: () => wait(() => cases),
    result: (name) => wait(() => results.get(name)),
    times: () => wait(() => times),
  };
}

function standing(cases: readonly string[] | undefined, results: ReadonlyMap<string, CaseResult>): string {
  if (!cases) return 'it had not told its cases';
  const next = cases.find((name) => !results.has(name));
  return `${results.size} of ${cases.length} cases had ended${next === undefined ? '' : `, the next was '${next}'`}`;
}
