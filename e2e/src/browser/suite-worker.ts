import { readGuests, sandboxContract, type GuestPlaces } from '@ostiary/conformance';
import { controlOf } from '@ostiary/sandbox';
import { timeCalls } from './call-time.ts';
import { collectCases, type Case } from './cases.ts';
import { describeError, report, type CaseResult } from './events.ts';

/** Where the test offers the places of the guests, as JSON. */
const GUESTS = '/guests.json';

/** The worker that runs the contract: guests may hold it for as long as their limits allow, which a page must not be. */
async function runContract(memory: WebAssembly.Memory): Promise<void> {
  const control = controlOf(memory);
  const places = (await (await fetch(GUESTS)).json()) as readonly GuestPlaces[];
  const toolchains = await Promise.all(places.map((each) => readGuests(each, download)));
  const cases = collectCases((runner) => sandboxContract(runner, control, toolchains));
  await report({ type: 'cases', names: cases.map(({ name }) => name) });
  for (const each of cases) await report(runCase(each));
  await report({ type: 'times', times: timeCalls(control, toolchains) });
}

function runCase({ name, run }: Case): CaseResult {
  const started = performance.now();
  const end = (): number => performance.now() - started;
  try {
    run();
    return { type: 'result', name, ms: end() };
  } catch (error) {
    return { type: 'result', name, ms: end(), failure: describeError(error) };
  }
}

async function download(url: string): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} has status ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

addEventListener('message', ({ data }: MessageEvent<WebAssembly.Memory>) => {
  runContract(data).catch((error: unknown) => report({ type: 'broken', message: describeError(error) }));
});
