import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asking } from '../testing/ask.ts';

const LOOK_UP = 'net/v1/dns_lookup_host';

test('addresses of a host', async (t) => {
  const { json } = asking(t, { lookUp: async () => ['192.0.2.1', '2001:db8::1'] });
  assert.deepEqual(await json(LOOK_UP, '"example.com"'), { ips: ['192.0.2.1', '2001:db8::1'] });
});

test('the system knows localhost', async (t) => {
  const { ips } = (await asking(t).json(LOOK_UP, '"localhost"')) as { ips: string[] };
  assert.ok(ips.includes('127.0.0.1') || ips.includes('::1'));
});

test('names are asked once at a time, and not remembered', async (t) => {
  let asked = 0;
  const { answered } = asking(t, { lookUp: async () => [`192.0.2.${(asked += 1)}`] });
  const all = await Promise.all(Array.from({ length: 10 }, async () => answered(LOOK_UP, '"a"')));
  assert.equal(asked, 1);
  assert.equal(all[0]?.validity.kind, 'once');
  await answered(LOOK_UP, '"a"');
  assert.equal(asked, 2);
});

test('names without addresses, names that are none, and a resolver that is silent', async (t) => {
  const nobody = asking(t, {
    lookUp: async () => Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' })),
  });
  const failed = 'Callback evaluation failure: ';
  assert.equal(await nobody.error(LOOK_UP, '"a"'), `${failed}failed to lookup address information of a: ENOTFOUND`);
  for (const name of ['', 'a'.repeat(255)]) {
    assert.equal(await nobody.error(LOOK_UP, JSON.stringify(name)), `${failed}that is no name of a host`);
  }
  const silent = asking(t, { lookUp: () => new Promise(() => undefined) });
  assert.equal(
    await silent.error(LOOK_UP, '"a"', { signal: AbortSignal.timeout(20) }),
    `${failed}DNS lookup of a: no answer in time`,
  );
});

test('too many names are refused rather than queued without end', async (t) => {
  const { answered } = asking(t, { lookUp: () => new Promise(() => undefined) });
  const signal = AbortSignal.timeout(200);
  const all = await Promise.all(
    Array.from({ length: 1_100 }, async (_, index) => answered(LOOK_UP, `"a${index}"`, { signal })),
  );
  const texts = new Set(all.map(({ answer }) => (answer.ok ? '' : answer.error.replace(/a\d+/, 'a'))));
  assert.deepEqual([...texts].sort(), [
    'Callback evaluation failure: 1000 questions are waiting already',
    'Callback evaluation failure: DNS lookup of a: no answer in time',
  ]);
});
