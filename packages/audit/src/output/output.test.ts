import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import type { DocumentFinding, RunDocument } from '../document/document.ts';
import { createLog } from '../log.ts';
import { createMetrics } from '../metrics/metrics.ts';
import { decodeCheckpoint, encodeCheckpoint, type Checkpoint } from '../resume/checkpoint.ts';
import { runDocument } from '../testing/document.ts';
import { compareRuns, readDocument } from './compare.ts';
import { hasViolations, type FailOn } from './fail-on.ts';
import { htmlReport } from './html/report.ts';
import { formatProgress } from './progress.ts';
import { sarifLog } from './sarif.ts';
import { formatTable } from './table.ts';

const RUN = runDocument();

test('a table has the policies, the findings and the totals', () => {
  const text = formatTable(RUN);
  assert.match(text, /kw\.cap\.labels +evaluated +1 +1 +0/);
  assert.match(text, /fail \(high\) +Pod team\/web +charts\/a b\.yaml:3 +kw\.cap\.labels +no team label/);
  assert.match(text, /2 objects: 1 pass, 1 fail, 1 error, 0 skipped/);
});

test('messages can not steer a terminal or make rows of their own', () => {
  const [finding] = RUN.findings;
  assert.ok(finding);
  const text = formatTable({ ...RUN, findings: [{ ...finding, message: 'a\u001b[31m\nb\r\u202ec' }] });
  // eslint-disable-next-line no-control-regex
  assert.doesNotMatch(text, /[\u001b\r\u202e]|\nb/);
});

test('lines are cut at the width of the terminal', () => {
  assert.ok(
    formatTable(RUN, 40)
      .split('\n')
      .slice(0, 6)
      .every((line) => line.length <= 40),
  );
});

test('nothing from a cluster becomes markup', () => {
  const [finding] = RUN.findings;
  assert.ok(finding);
  fc.assert(
    fc.property(fc.string(), (text) => {
      const evil = `<script>alert(1)</script><img src=x onerror="${text}">'"&`;
      const page = htmlReport({
        ...RUN,
        problems: [evil],
        findings: [{ ...finding, message: evil, name: evil, policy: evil }],
      });
      assert.equal(page.match(/<script/g)?.length, 1);
      assert.doesNotMatch(page, /<img/);
    }),
    { numRuns: 50 },
  );
});

test('the page allows its own style and script, and nothing else', () => {
  const page = htmlReport(RUN);
  const policy = /http-equiv="Content-Security-Policy"\s+content="([^"]*)"/.exec(page)?.[1];
  const hashes = ['style', 'script'].map((tag) => {
    const text = new RegExp(`<${tag}>([^]*?)</${tag}>`).exec(page)?.[1] ?? '';
    return `${tag}-src 'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  });
  assert.equal(policy, ["default-src 'none'", ...hashes].join('; '));
  assert.doesNotMatch(page, /https?:\/\//);
});

test('a comparison finds what is new and what is gone', () => {
  const [first, second] = RUN.findings;
  assert.ok(first && second);
  const before: RunDocument = { ...RUN, findings: [second, { ...first, name: 'old' }] };
  const { appeared, gone } = compareRuns(RUN, before);
  assert.deepEqual(
    [...appeared].map(({ name }) => name),
    ['web'],
  );
  assert.deepEqual(
    gone.map(({ name }) => name),
    ['old'],
  );
  assert.match(htmlReport(RUN, compareRuns(RUN, before)), /<strong class="fail">1<\/strong> new/);
  assert.deepEqual(readDocument(JSON.stringify(RUN), 'f'), RUN);
  for (const text of ['', '[]', '{}', '{"schema":"other"}'])
    assert.throws(() => readDocument(text, 'f'), { code: 'bad-document' });
});

test('SARIF has a rule for each policy and a result for each rejection', () => {
  const { runs } = sarifLog(RUN, '1.2.3') as { readonly runs: readonly { readonly [name: string]: unknown }[] };
  const text = JSON.stringify(runs[0]);
  const { results, tool } = JSON.parse(text) as {
    results: Record<string, unknown>[];
    tool: { driver: { rules: object[] } };
  };
  assert.equal(tool.driver.rules.length, 2);
  assert.equal(results.length, 1);
  assert.equal(results[0]?.['ruleId'], 'kw.cap.labels');
  assert.equal(results[0]?.['level'], 'error');
  assert.match(text, /"executionSuccessful":false/);
  assert.match(text, /"uri":"charts\/a%20b.yaml"/);
});

const SEVERITIES: readonly (readonly [
  severity: 'high' | 'info' | undefined,
  fail: number,
  error: number,
  on: FailOn,
  expected: boolean,
])[] = [
  ['high', 1, 0, 'critical', false],
  ['high', 1, 0, 'high', true],
  ['high', 1, 0, 'low', true],
  ['info', 1, 0, 'low', false],
  ['info', 1, 0, 'any', true],
  [undefined, 1, 0, 'critical', true],
  ['high', 0, 0, 'any', false],
  ['info', 0, 1, 'critical', true],
];

for (const [severity, fail, error, on, expected] of SEVERITIES) {
  test(`severity ${severity}, ${fail} fail, ${error} error, --fail-on ${on}: ${expected}`, () => {
    const [policy] = RUN.policies;
    assert.ok(policy);
    assert.equal(hasViolations({ policies: [{ ...policy, severity, fail, error }] }, on), expected);
  });
}

test('logs are lines of JSON from their level on', () => {
  const lines: string[] = [];
  const log = createLog(
    'warning',
    (line) => lines.push(line),
    () => new Date(0),
  );
  log.info('quiet');
  log.error('loud', { because: 'x' });
  assert.deepEqual(lines, ['{"because":"x","time":"1970-01-01T00:00:00.000Z","level":"error","message":"loud"}\n']);
});

test('metrics are text that Prometheus reads, whatever policies are called', () => {
  const metrics = createMetrics();
  metrics.evaluated('a"\\\nb', 'fail');
  metrics.finished(RUN, 3);
  assert.match(metrics.text(), /^ostiary_audit_evaluations_total\{policy="a\\"\\\\\\nb",outcome="fail"\} 1$/m);
  assert.match(metrics.text(), /^ostiary_audit_last_pass_seconds 3$/m);
  metrics.results(() => new Map([['kw.cap.labels pass', 7]]));
  assert.match(metrics.text(), /^ostiary_audit_results\{policy="kw.cap.labels",outcome="pass"\} 7$/m);
});

test('progress is one short line', () => {
  const text = formatProgress({ unit: '/pods', unitsDone: 1, units: 3, objects: 10, failures: 2, errors: 0, limit: 8 });
  assert.equal(text, '[1/3] pods: 10 objects, 2 fail, 0 error (8 at a time)');
});

test('a checkpoint reads as it was written, fits into a ConfigMap, and anything else is none', () => {
  const findings = Array.from({ length: 10_000 }, (_, at): DocumentFinding => ({
    ...(RUN.findings[0] as DocumentFinding),
    name: `${at}`,
    message: 'x'.repeat(500),
  }));
  const { totals, namespaces } = RUN;
  const tally = { totals, namespaces, policies: [], findings, findingsLeftOut: 5, problems: [] };
  const checkpoint: Checkpoint = {
    version: 1,
    runUid: 'u',
    startedAt: 's',
    planHash: 'h',
    doneUnits: ['/pods'],
    failedUnits: [],
    tally,
  };
  const text = encodeCheckpoint(checkpoint);
  assert.ok(text.length < 700 * 1024);
  const read = decodeCheckpoint(text);
  assert.deepEqual(read?.doneUnits, ['/pods']);
  assert.equal((read?.tally.findings.length ?? 0) + (read?.tally.findingsLeftOut ?? 0), 10_005);
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (other) => decodeCheckpoint(other) === undefined));
});
