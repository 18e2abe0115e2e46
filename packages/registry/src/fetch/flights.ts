type Run<T> = (signal: AbortSignal, progress: (received: number) => void) => Promise<T>;

/** Runs that several callers wait for at once. */
export interface Flights<T> {
  /**
   * Joins the run under `key`, or starts one. A caller whose signal aborts leaves alone; the run is aborted when
   * nobody waits for it any more.
   */
  join(
    key: string,
    signal: AbortSignal | undefined,
    onProgress: ((received: number) => void) | undefined,
    run: Run<T>,
  ): Promise<T>;
}

interface Flight<T> {
  readonly result: Promise<T>;
  readonly controller: AbortController;
  readonly listeners: Set<(received: number) => void>;
  waiters: number;
}

export function createFlights<T>(): Flights<T> {
  const flights = new Map<string, Flight<T>>();

  const start = (key: string, run: Run<T>): Flight<T> => {
    const controller = new AbortController();
    const listeners = new Set<(received: number) => void>();
    const progress = (received: number): void => listeners.forEach((listener) => listener(received));
    const result = run(controller.signal, progress);
    const flight: Flight<T> = { result, controller, listeners, waiters: 0 };
    flights.set(key, flight);
    const land = (): void => {
      if (flights.get(key) === flight) flights.delete(key);
    };
    result.then(land, land);
    return flight;
  };

  return {
    async join(key, signal, onProgress, run) {
      signal?.throwIfAborted();
      const flight = flights.get(key) ?? start(key, run);
      flight.waiters++;
      if (onProgress !== undefined) flight.listeners.add(onProgress);
      try {
        return await raceAbort(flight.result, signal);
      } finally {
        if (onProgress !== undefined) flight.listeners.delete(onProgress);
        flight.waiters--;
        if (flight.waiters === 0) {
          // A run that nobody waits for must not be joined any more, either: it is on its way to fail.
          if (flights.get(key) === flight) flights.delete(key);
          flight.controller.abort();
        }
      }
    },
  };
}

function raceAbort<T>(result: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return result;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    result.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
