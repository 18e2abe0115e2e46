import type { GuestPlaces } from '@ostiary/conformance';
import { startChromium } from './chromium.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { startContractServer } from './server.ts';

/** A run of the contract in a browser, which goes on by itself. */
export interface BrowserRun extends Pick<Ledger, 'cases' | 'result' | 'times'> {
  readonly stop: () => Promise<void>;
}

/** Starts the contract in Chromium; after `timeoutMs` everything that has not been told by then is given up. */
export async function startBrowserRun(
  command: string,
  guests: readonly GuestPlaces[],
  timeoutMs: number,
): Promise<BrowserRun> {
  const ledger = createLedger();
  const giveUp = (reason: string): void => ledger.close(reason, chromium.logTail());
  const server = await startContractServer(guests, (event) => {
    if (event.type === 'broken') giveUp(`the browser's run broke: ${event.message}`);
    else ledger.record(event);
  });
  const chromium = startChromium(command, server.url);
  const timer = setTimeout(() => giveUp(`Chromium did not come to its end in ${timeoutMs} ms`), timeoutMs);
  void chromium.ended.then((how) => giveUp(`Chromium ended: ${how}`));
  return {
    cases: ledger.cases,
    result: ledger.result,
    times: ledger.times,
    stop: async () => {
      clearTimeout(timer);
      await chromium.stop();
      await server.stop();
    },
  };
}
