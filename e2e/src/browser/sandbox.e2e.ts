import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, suite, test } from 'node:test';
import { readGuests, sandboxContract } from '@ostiary/conformance';
import { findGuests, tickingControl } from '@ostiary/conformance/node';
import { startBrowserRun, type BrowserRun } from './browser-run.ts';
import { timeCalls, type CallTime } from './call-time.ts';
import { collectCases } from './cases.ts';
import { findChromium } from './chromium.ts';

/** The whole run takes about 25 s on two idle cores. */
const TIMEOUT_MS = 150_000;

const found = findGuests();
const places = found.flatMap((each) => ('missing' in each ? [] : [each]));
const control = await tickingControl();
const toolchains = await Promise.all(places.map((each) => readGuests(each, (path) => readFile(path))));
const cases = collectCases((runner) => sandboxContract(runner, control, toolchains));

for (const { title, missing } of found.filter((each) => 'missing' in each)) {
  suite(`${title}: ${missing}`, { skip: missing }, () => undefined);
}

suite('the sandbox in Node', () => {
  for (const { name, run } of cases) test(name, run);
  test('what a call costs', (t) => t.diagnostic(timesText('Node', timeCalls(control, toolchains))));
});

const chromium = findChromium(process.env);
if (chromium === undefined) {
  const skip = 'Chromium is not installed (scripts/setup-toolchains.sh installs it)';
  test('the sandbox in Chromium', { skip }, () => undefined);
} else {
  suite('the sandbox in Chromium', () => contractIn(chromium));
}

function contractIn(command: string): void {
  let browser: BrowserRun;

  before(async () => {
    browser = await startBrowserRun(command, places, TIMEOUT_MS);
  });
  after(() => browser?.stop());

  test('the cases are those of Node, in the same order', async () => {
    assert.deepEqual(
      await browser.cases(),
      cases.map(({ name }) => name),
    );
  });
  for (const { name } of cases) {
    test(name, async () => {
      const { failure } = await browser.result(name);
      assert.ok(failure === undefined, failure ?? '');
    });
  }
  test('what a call costs', async (t) => t.diagnostic(timesText('Chromium', await browser.times())));
}

function timesText(host: string, times: readonly CallTime[]): string {
  const each = times.map(({ guest, us }) => `${guest} ${us.toFixed(1)} µs`);
  return `authn of the gates in ${host}, per call: ${each.join(', ')}`;
}
