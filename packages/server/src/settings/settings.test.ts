import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { ConfigError } from '../config/problem.ts';
import { settingsDocument } from './document.ts';
import { SettingsError } from './errors.ts';
import { resolveSettings, settingsSchema, type SettingSources } from './resolve.ts';
import { flagOf, GROUPS, settingEntries, variablesOf, type ServerSettings, type SettingName } from './table.ts';

function resolve(sources: Partial<Omit<SettingSources, 'file'>> & { readonly file?: string } = {}): ServerSettings {
  const { flags = {}, env = {}, defaults = {}, file } = sources;
  const bytes = file === undefined ? undefined : { path: 'server.yaml', bytes: Buffer.from(file) };
  return resolveSettings({ flags, env, defaults, file: bytes });
}

/** Every flag and variable of the original with a text and what it means (contract: policy-server §1.1). */
const ORIGINAL: readonly (readonly [SettingName, string, string, string, unknown])[] = [
  ['addr', 'addr', 'KUBEWARDEN_BIND_ADDRESS', '10.0.0.1', '10.0.0.1'],
  ['port', 'port', 'KUBEWARDEN_PORT', '8443', 8443],
  ['readinessProbePort', 'readiness-probe-port', 'KUBEWARDEN_READINESS_PROBE_PORT', '8082', 8082],
  ['workers', 'workers', 'KUBEWARDEN_WORKERS', '4', 4],
  ['policies', 'policies', 'KUBEWARDEN_POLICIES', '/config/policies.yml', '/config/policies.yml'],
  ['policiesDownloadDir', 'policies-download-dir', 'KUBEWARDEN_POLICIES_DOWNLOAD_DIR', '/tmp', '/tmp'],
  ['sourcesPath', 'sources-path', 'KUBEWARDEN_SOURCES_PATH', '/sources/s.yml', '/sources/s.yml'],
  ['verificationPath', 'verification-path', 'KUBEWARDEN_VERIFICATION_CONFIG_PATH', '/v.yml', '/v.yml'],
  ['sigstoreCacheDir', 'sigstore-cache-dir', 'KUBEWARDEN_SIGSTORE_CACHE_DIR', '/tmp/s', '/tmp/s'],
  ['sigstoreTrustConfig', 'sigstore-trust-config', 'KUBEWARDEN_SIGSTORE_TRUST_CONFIG_PATH', '/t.json', '/t.json'],
  ['dockerConfigJsonPath', 'docker-config-json-path', 'KUBEWARDEN_DOCKER_CONFIG_JSON_PATH', '/docker', '/docker'],
  ['certFile', 'cert-file', 'KUBEWARDEN_CERT_FILE', '/pki/tls.crt', '/pki/tls.crt'],
  ['keyFile', 'key-file', 'KUBEWARDEN_KEY_FILE', '/pki/tls.key', '/pki/tls.key'],
  ['clientCaFile', 'client-ca-file', 'KUBEWARDEN_CLIENT_CA_FILE', '/a.crt, /b.crt,', ['/a.crt', '/b.crt']],
  [
    'alwaysAcceptAdmissionReviewsOnNamespace',
    'always-accept-admission-reviews-on-namespace',
    'KUBEWARDEN_ALWAYS_ACCEPT_ADMISSION_REVIEWS_ON_NAMESPACE',
    'kubewarden',
    'kubewarden',
  ],
  ['policyTimeout', 'policy-timeout', 'KUBEWARDEN_POLICY_TIMEOUT', '5', 5],
  ['disableTimeoutProtection', 'disable-timeout-protection', 'KUBEWARDEN_DISABLE_TIMEOUT_PROTECTION', 'true', true],
  [
    'ignoreKubernetesConnectionFailure',
    'ignore-kubernetes-connection-failure',
    'KUBEWARDEN_IGNORE_KUBERNETES_CONNECTION_FAILURE',
    'yes',
    true,
  ],
  ['enableMetrics', 'enable-metrics', 'KUBEWARDEN_ENABLE_METRICS', '1', true],
  ['enablePprof', 'enable-pprof', 'KUBEWARDEN_ENABLE_PPROF', 'TRUE', true],
  ['logLevel', 'log-level', 'KUBEWARDEN_LOG_LEVEL', 'trace', 'trace'],
  ['logFmt', 'log-fmt', 'KUBEWARDEN_LOG_FMT', 'otlp', 'otlp'],
  ['logNoColor', 'log-no-color', 'NO_COLOR', 'please', true],
  ['daemon', 'daemon', 'KUBEWARDEN_DAEMON', 'on', true],
  ['daemonPidFile', 'daemon-pid-file', 'KUBEWARDEN_DAEMON_PID_FILE', '/p', '/p'],
  ['daemonStdoutFile', 'daemon-stdout-file', 'KUBEWARDEN_DAEMON_STDOUT_FILE', '/o', '/o'],
  ['daemonStderrFile', 'daemon-stderr-file', 'KUBEWARDEN_DAEMON_STDERR_FILE', '/e', '/e'],
  ['continueOnErrors', 'continue-on-errors', 'KUBEWARDEN_CONTINUE_ON_ERRORS', 'true', true],
];

describe('settings of the original', () => {
  for (const [name, flag, variable, text, value] of ORIGINAL) {
    test(`--${flag} and ${variable}`, () => {
      assert.equal(flagOf(name), flag);
      assert.deepEqual(resolve({ flags: { [name]: text } })[name], value);
      assert.deepEqual(resolve({ env: { [variable]: text } })[name], value);
    });
  }

  test('are all there', () => {
    const ours = settingEntries().flatMap(([, { env }]) => env ?? []);
    assert.deepEqual([...ours].sort(), ORIGINAL.map(([, , variable]) => variable).sort());
  });

  test('have its defaults', () => {
    const { port, readinessProbePort, policyTimeout, logLevel, logFmt, daemonPidFile, daemon } = resolve();
    assert.deepEqual(
      [port, readinessProbePort, policyTimeout, logLevel, logFmt, daemonPidFile, daemon],
      [3000, 8081, 2, 'info', 'text', 'policy-server.pid', false],
    );
  });
});

describe('every setting', () => {
  for (const [name, setting] of settingEntries()) {
    test(`${name}: flag over variables over file over defaults of the program over its own`, () => {
      const [own, theirs] = variablesOf(name, setting);
      const [first, second] = samples(setting.kind.expected, setting.kind.placeholder);
      const parse = (text: string): unknown => setting.kind.parse(text);
      const all = { flags: { [name]: first }, env: { [own!]: second }, file: fileWith(name, parse(second)) };
      assert.deepEqual(resolve(all)[name], parse(first));
      assert.deepEqual(resolve({ ...all, flags: {} })[name], parse(second));
      if (theirs !== undefined) {
        assert.deepEqual(resolve({ env: { [own!]: first, [theirs]: second } })[name], parse(first));
      }
      const fromFile = resolve({ file: fileWith(name, parse(first)), env: { [own!]: '' } })[name];
      assert.deepEqual(fromFile, parse(first));
      assert.deepEqual(resolve({ defaults: { [name]: parse(first) } })[name], parse(first));
      assert.deepEqual(resolve()[name], setting.default);
    });
  }
});

/** Two texts of a kind whose values differ. */
function samples(expected: string, placeholder: string | undefined): readonly [string, string] {
  if (placeholder === undefined) return ['false', 'true'];
  if (expected.startsWith('a duration')) return ['3s', '0'];
  if (expected.startsWith('one of')) return [placeholder.split('|')[1]!, placeholder.split('|')[0]!];
  return expected.startsWith('a whole number') ? ['7', '9'] : ['first', 'second'];
}

function fileWith(name: SettingName, value: unknown): string {
  return `${name}: ${name === 'unreadyBeforeClose' ? '3s' : JSON.stringify(value)}\n`;
}

describe('values that are none', () => {
  for (const [sources, message] of [
    [
      { env: { KUBEWARDEN_PORT: 'x' } },
      /the variable KUBEWARDEN_PORT: expected a whole number from 0 to 65535, found "x"/,
    ],
    [{ env: { OSTIARY_PORT: '65536', KUBEWARDEN_PORT: '1' } }, /the variable OSTIARY_PORT: expected/],
    [{ env: { KUBEWARDEN_WORKERS: '0' } }, /KUBEWARDEN_WORKERS: expected a whole number from 1 to 256/],
    [{ env: { KUBEWARDEN_ENABLE_METRICS: 'maybe' } }, /KUBEWARDEN_ENABLE_METRICS: expected true or false/],
    [{ env: { KUBEWARDEN_LOG_FMT: 'xml' } }, /expected one of text, json, otlp, found "xml"/],
    [{ flags: { policyTimeout: '-1' } }, /--policy-timeout: expected a whole number from 0 to 3600/],
    [{ flags: { unreadyBeforeClose: 'soon' } }, /--unready-before-close: expected a duration/],
    [{ flags: { certFile: '' } }, /--cert-file: expected a text, found ""/],
    [{ flags: { addr: 'x'.repeat(500) }, env: { KUBEWARDEN_PORT: 'y'.repeat(500) } }, /found "y{60}"/],
  ] as const) {
    test(String(message), () => {
      assert.throws(
        () => resolve(sources),
        (error) => error instanceof SettingsError && message.test(error.message),
      );
    });
  }

  for (const [file, message] of [
    ['port: 70000', 'server.yaml:1:7: port: expected a whole number from 0 to 65535, found the number 70000'],
    ['port: "1"', 'server.yaml:1:7: port: expected a whole number from 0 to 65535, found the string "1"'],
    ['prot: 1', 'server.yaml:1:1: prot: unknown field "prot", did you mean "port"?'],
    ['logFmt: xml', 'server.yaml:1:9: logFmt: expected one of text, json, otlp, found the string "xml"'],
    ['daemon: 1', 'server.yaml:1:9: daemon: expected true or false, found the number 1'],
    ['[]', 'server.yaml:1:1: expected a mapping, found a list'],
  ] as const) {
    test(`in a file: ${file}`, () => {
      assert.throws(
        () => resolve({ file }),
        (error) => error instanceof ConfigError && error.message === message,
      );
    });
  }

  test('empty variables are none', () => assert.equal(resolve({ env: { KUBEWARDEN_PORT: '' } }).port, 3000));
});

describe('what is written of the settings', () => {
  test('the schema has every setting', () => {
    const { properties } = settingsSchema() as { properties: Readonly<Record<string, { description?: string }>> };
    assert.deepEqual(
      Object.keys(properties),
      settingEntries().map(([name]) => name),
    );
    assert.ok(Object.values(properties).every(({ description }) => description !== undefined));
    assert.deepEqual(properties['port'], {
      type: 'integer',
      minimum: 0,
      maximum: 65535,
      description: 'port of the gates and policies; 0 picks a free one',
    });
  });

  for (const format of ['markdown', 'asciidoc'] as const) {
    test(`${format} has every flag and variable under its heading`, () => {
      const text = settingsDocument(format, 'policy-server');
      for (const [name, setting] of settingEntries()) {
        assert.ok(text.includes(`--${flagOf(name)}`));
        for (const variable of variablesOf(name, setting)) assert.ok(text.includes(`\`${variable}\``));
      }
      for (const group of GROUPS) assert.ok(text.includes(`\n${format === 'markdown' ? '##' : '=='} ${group}\n`));
      assert.ok(
        format === 'asciidoc' ||
          text.split('\n').every((line) => !line.startsWith('|') || line.replaceAll('\\|', '').split('|').length === 6),
      );
    });
  }

  test('the manual has every row', async () => {
    const manual = await readFile(new URL('../../../../docs/configuration.md', import.meta.url), 'utf8');
    const rows = settingsDocument('markdown', 'ostiary')
      .split('\n')
      .filter((line) => line.startsWith('| `--'));
    assert.equal(rows.length, settingEntries().length);
    for (const row of rows) assert.ok(manual.includes(`\n${row}\n`), row);
  });

  test('flags and variables are each of one setting', () => {
    const names = settingEntries().flatMap(([name, setting]) =>
      [flagOf(name), setting.alias ?? [], ...variablesOf(name, setting)].flat(),
    );
    assert.equal(new Set(names).size, names.length);
  });
});
