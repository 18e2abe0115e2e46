import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { QUESTIONS } from './policies.ts';
import { heard, review, verdictOf } from './requests.ts';
import { policyServer, SKIPPED, start, startsHere } from './server.ts';

const ISE = 'internal server error: Guest call failure: ';
const UNGRANTED =
  "Policy has not been granted access to the 'net/v1/dns_lookup_host' host capability. The violation has been reported.";

suite('what a policy may ask of its host (§8)', { skip: SKIPPED }, () => {
  const ask = policyServer('questions');

  /** What the policy was refused. */
  async function refusal(id: string): Promise<string> {
    const { status } = verdictOf(await ask(`/validate/${id}`, review())) as {
      status: { message: string; code: number };
    };
    assert.equal(status.code, 500);
    assert.ok(status.message.startsWith(ISE), status.message);
    return status.message.slice(ISE.length);
  }

  test('it is told why it gets no answer', async () => {
    const rows: [id: keyof typeof QUESTIONS, text: RegExp | string][] = [
      ['asks-elsewhere', 'unknown binding: elsewhere'],
      ['asks-ungranted', UNGRANTED],
      ['asks-other-granted', UNGRANTED],
      ['asks-nowhere', 'unknown namespace: nowhere'],
      ['asks-nothing', 'unknown operation: v1/x'],
      [
        'asks-secrets',
        'Policy has not been granted access to Kubernetes v1/Secret resources. The violation has been reported.',
      ],
      ['asks-unsigned', /Must provide at least one pub key/],
    ];
    for (const [id, expected] of rows) {
      const found = await refusal(id);
      if (typeof expected === 'string') assert.equal(found, expected, id);
      else assert.match(found, expected, id);
    }
  });

  test('what it was granted is answered', async () => {
    for (const id of ['asks-granted', 'asks-exactly']) {
      const answer = await ask(`/validate/${id}`, review());
      const { ips } = heard(answer) as { ips: readonly string[] };
      assert.ok(ips.includes('127.0.0.1') || ips.includes('::1'), JSON.stringify(ips));
    }
  });

  test('it may log without being granted anything, and is answered nothing', async () => {
    assert.deepEqual(verdictOf(await ask('/validate/logs', review())), { allowed: false, status: { message: '' } });
  });

  test('what it logs is logged with its name', { skip: startsHere }, async () => {
    const { url, log, stop } = await start({ sets: ['questions'] });
    try {
      await fetch(`${url}/validate/logs`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(review()),
      });
      const line = await lineWith(log, '"seen"');
      const { level, policy, data } = JSON.parse(line) as Record<string, unknown>;
      assert.deepEqual([level, policy, data], ['info', 'logs', '{"more":1}']);
    } finally {
      await stop();
    }
  });
});

/** The log comes by a pipe of its own, after the answer. */
async function lineWith(log: readonly string[], text: string): Promise<string> {
  const end = performance.now() + 5000;
  for (;;) {
    const line = log.find((each) => each.includes(text));
    if (line !== undefined) return line;
    assert.ok(performance.now() < end, `nothing is logged with ${text}: ${log.slice(-3).join('\n')}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
