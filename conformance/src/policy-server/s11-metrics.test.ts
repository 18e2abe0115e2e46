import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { review } from './requests.ts';
import { differing, SKIPPED, start, startsHere, type Started } from './server.ts';

const TOTAL = 'kubewarden_policy_evaluations_total';
const LATENCY = 'kubewarden_policy_evaluation_latency_milliseconds';

suite('metrics (§11)', { skip: SKIPPED || startsHere }, () => {
  let server: Started | undefined;
  before(async () => {
    server = await start();
  });
  after(() => server?.stop());

  async function ask(path: string, body: object = review()): Promise<void> {
    await fetch(`${server?.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }

  async function series(name: string): Promise<Map<string, number>> {
    const text = await (await fetch(`${server?.probeUrl}/metrics`)).text();
    const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`));
    return new Map(lines.map((line) => [sorted(line.slice(name.length + 1, line.lastIndexOf('}'))), valueOf(line)]));
  }

  test('evaluations are counted by the original’s names and labels', async () => {
    const kind = 'resource_kind="Pod"';
    const usual = [kind, 'resource_request_operation="CREATE"', 'resource_namespace="default"'];
    const rows: [path: string, labels: readonly string[]][] = [
      ['/validate/yes', ['policy_name="yes"', 'policy_mode="protect"', 'accepted="true"', 'mutated="false"', ...usual, 'request_origin="validate"']],
      ['/audit/no', ['policy_name="no"', 'policy_mode="protect"', 'accepted="false"', 'mutated="false"', ...usual, 'request_origin="audit"']],
      // Its own verdict, before the mode and what it may not do have changed it.
      ['/validate/monitored-no', ['policy_name="monitored-no"', 'policy_mode="monitor"', 'accepted="false"', 'mutated="false"', ...usual, 'request_origin="validate"']],
      ['/validate/mutates-forbidden', ['policy_name="mutates-forbidden"', 'policy_mode="protect"', 'accepted="true"', 'mutated="true"', ...usual, 'request_origin="validate"']],
      ['/validate/no-code', ['policy_name="no-code"', 'policy_mode="protect"', 'accepted="false"', 'mutated="false"', 'error_code="418"', ...usual, 'request_origin="validate"']],
      ['/validate_raw/no', ['policy_name="no"', 'policy_mode="protect"', 'accepted="false"', 'mutated="false"']],
    ]; // prettier-ignore
    const asked = { ...review().request, requestKind: { group: '', version: 'v1', kind: 'Pod' } };
    for (const [path] of rows) await ask(path, { request: asked });
    const total = await series(TOTAL);
    for (const [path, labels] of rows) {
      assert.equal(total.get(sorted(labels.join(','))), 1, `${path}: ${[...total.keys()].join('\n')}`);
    }
  });

  test('latency is a histogram with the original’s bounds', async () => {
    await ask('/validate/older');
    const buckets = [...(await series(`${LATENCY}_bucket`)).keys()].filter((key) => key.includes('"older"'));
    const bounds = buckets.map((key) => /le="([^"]+)"/.exec(key)?.[1]);
    assert.deepEqual(bounds, ['0', '5', '10', '25', '50', '75', '100', '250', '500', '750', '1000', '2500', '5000', '7500', '10000', '+Inf']); // prettier-ignore
    const { length } = [...(await series(`${LATENCY}_count`)).keys()].filter((key) => key.includes('"older"'));
    assert.equal(length, 1);
  });

  test(
    differing('bounded-labels', 'a policy that can’t be loaded is counted, without its error as a label'),
    async () => {
      await ask('/validate/picky');
      const total = await series(TOTAL);
      assert.equal(total.get(sorted('policy_name="picky",initialization_error="true"')), 1);
      assert.ok(![...total.keys()].some((key) => key.includes('too picky')));
    },
  );
});

function sorted(labels: string): string {
  return labels.split(',').sort().join(',');
}

function valueOf(line: string): number {
  return Number(line.slice(line.lastIndexOf(' ') + 1));
}
