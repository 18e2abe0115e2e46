import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startProbe, type ProbeReadings } from './probe.ts';

const READINGS: ProbeReadings = {
  readiness: () => ({ ready: true, detail: { generation: 1 } }),
  metrics: async () => 'a 1\n',
};

async function get(path: string, readings: ProbeReadings, method = 'GET'): Promise<readonly [number, string]> {
  const probe = await startProbe({ host: '127.0.0.1', port: 0, ...readings });
  try {
    const response = await fetch(`http://127.0.0.1:${probe.port}${path}`, { method });
    return [response.status, await response.text()];
  } finally {
    await probe.close();
  }
}

describe('the probe port', () => {
  const unready = { ...READINGS, readiness: () => ({ ready: false, detail: { stopping: true } }) };
  for (const [path, readings, status, body] of [
    ['/livez', READINGS, 200, '{"alive":true}'],
    ['/readyz', READINGS, 200, '{"ready":true,"generation":1}'],
    ['/readyz', unready, 503, '{"ready":false,"stopping":true}'],
    ['/readiness', READINGS, 200, ''],
    ['/readiness?a=b', unready, 503, '{"ready":false,"stopping":true}'],
    ['/metrics', READINGS, 200, 'a 1\n'],
    ['/policies', { ...READINGS, policies: () => [{ id: 'a' }] }, 200, '[{"id":"a"}]'],
    ['/policies', READINGS, 404, /no policies/],
    ['/debug/pprof/heap', READINGS, 404, /expected/],
    ['/debug/pprof/cpu?interval=30', { ...READINGS, pprof: true }, 501, /pprof/],
    ['/validate/a', READINGS, 404, /expected/],
  ] as const) {
    test(`answers ${status} at ${path}`, async () => {
      const [seen, text] = await get(path, readings);
      assert.equal(seen, status);
      if (typeof body === 'string') assert.equal(text, body);
      else assert.match(text, body);
    });
  }

  test('takes GET alone', async () => {
    assert.equal((await get('/readyz', READINGS, 'POST'))[0], 405);
  });
});
