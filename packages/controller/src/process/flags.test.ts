import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OptionsError, readOptions, spellFlags } from './flags.ts';

test('flags are spelt as Go has them', () => {
  assert.deepEqual(
    spellFlags(['controller', '-leader-elect', '--enable-metrics=false', '-webhook-server-port=1', '--cleanup', 'x']),
    ['controller', '--leader-elect=true', '--enable-metrics=false', '--webhook-server-port=1', '--cleanup=true', 'x'],
  );
});

test('defaults are those of the original', () => {
  const { webhookPort, probeAddress, metricsAddress, leaderElect, manageWebhooks, servicesMetricsPort, idScheme } =
    readOptions({}, {});
  assert.deepEqual(
    { webhookPort, probeAddress, metricsAddress, leaderElect, manageWebhooks, servicesMetricsPort, idScheme },
    {
      webhookPort: 9443,
      probeAddress: ':8081',
      metricsAddress: ':8088',
      leaderElect: false,
      manageWebhooks: true,
      servicesMetricsPort: 8080,
      idScheme: 'dotted',
    },
  );
  assert.equal(readOptions({ 'metrics-bind-address': '0' }, {}).metricsAddress, undefined);
  assert.equal(readOptions({ 'policy-id-scheme': 'legacy' }, {}).idScheme, 'dashed');
  assert.equal(readOptions({ 'zap-log-level': 'debug' }, {}).logLevel, 'debug');
  assert.deepEqual(readOptions({ 'image-pull-secrets': 'a,b,' }, {}).imagePullSecrets, ['a', 'b']);
  assert.equal(readOptions({}, { KUBEWARDEN_POLICY_SERVER_SERVICES_METRICS_PORT: '' }).servicesMetricsPort, 8080);
});

const WRONG: readonly (readonly [Parameters<typeof readOptions>[0], Readonly<Record<string, string>>])[] = [
  [{ 'webhook-server-port': '65536' }, {}],
  [{ 'webhook-server-port': 'x' }, {}],
  [{ 'metrics-bind-address': ':x' }, {}],
  [{ 'leader-elect': 'maybe' }, {}],
  [{ certificates: 'none' }, {}],
  [{ 'policy-id-scheme': 'dashed' }, {}],
  [{ 'log-level': 'loud' }, {}],
  [{ 'host-network': 'true', 'enable-otel-sidecar': 'true' }, {}],
  [{}, { KUBEWARDEN_POLICY_SERVER_SERVICES_METRICS_PORT: 'many' }],
];

for (const [given, env] of WRONG) {
  test(`refused: ${JSON.stringify([given, env])}`, () => assert.throws(() => readOptions(given, env), OptionsError));
}
