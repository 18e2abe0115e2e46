import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CAPABILITIES, parseCapabilityPatterns } from './capabilities.ts';

function granted(patterns: readonly string[]): readonly string[] {
  const read = parseCapabilityPatterns(patterns);
  assert(read.ok, JSON.stringify(read));
  return CAPABILITIES.filter((capability) => read.allows(capability));
}

const accepted: readonly (readonly [readonly string[], readonly string[]])[] = [
  [[], []],
  [['*'], CAPABILITIES],
  [[' * '], CAPABILITIES],
  [['oci/*'], CAPABILITIES.filter((path) => path.startsWith('oci/'))],
  [['oci/v1/*'], CAPABILITIES.filter((path) => path.startsWith('oci/v1/'))],
  [['kubernetes/*'], CAPABILITIES.filter((path) => path.startsWith('kubernetes/'))],
  [
    ['oci/v2/verify', '\tkubernetes/can_i\n'],
    ['oci/v2/verify', 'kubernetes/can_i'],
  ],
  [['net/v1/dns_lookup_host', 'net/v1/dns_lookup_host'], ['net/v1/dns_lookup_host']],
  // Reading ends at `*`: a broken pattern after it is never seen.
  [['oci/*', '*', 'nonsense'], CAPABILITIES],
];

for (const [patterns, expected] of accepted) {
  test(`grants ${JSON.stringify(patterns)}`, () => assert.deepEqual(granted(patterns), expected));
}

const refused: readonly (readonly [string, RegExp])[] = [
  ['', /^invalid pattern: pattern must not be empty$/],
  ['   ', /^invalid pattern: pattern must not be empty$/],
  ['oci*', /wildcard/],
  ['*/oci', /wildcard/],
  ['*/*', /wildcard/],
  ['oci/v1/oci_*', /wildcard/],
  ['oci/*/verify', /wildcard/],
  ['oci/v1', /incomplete path, use 'oci\/v1\/\*'.*verify/],
  ['oci', /incomplete path, use 'oci\/\*'.*v1, v2/],
  ['docker', /unknown segment 'docker', valid options are: crypto, kubernetes, net, oci$/],
  ['oci/v3/verify', /unknown segment 'v3' after 'oci', valid options are: v1, v2$/],
  ['oci/v2/manifest_digest', /unknown segment 'manifest_digest' after 'oci\/v2', valid options are: verify$/],
  ['oci/v2/verify/*', /nothing may follow/],
  ['oci/v2/verify/now', /nothing may follow/],
  ['oci/', /unknown segment ''/],
  ['/oci', /unknown segment ''/],
  ['Oci/*', /unknown segment 'Oci'/],
  ['tracing/log', /unknown segment 'tracing'/],
];

for (const [pattern, message] of refused) {
  test(`refuses ${JSON.stringify(pattern)}`, () => {
    const read = parseCapabilityPatterns(['kubernetes/*', pattern]);
    assert(!read.ok);
    assert.deepEqual(
      read.problems.map((problem) => problem.index),
      [1],
    );
    assert.match(read.problems[0]?.message ?? '', message);
  });
}

test('every broken pattern before the end of reading is reported', () => {
  const read = parseCapabilityPatterns(['', 'oci/*', 'x', '*', 'y']);
  assert(!read.ok);
  assert.deepEqual(
    read.problems.map((problem) => problem.index),
    [0, 2],
  );
});

test('the log is never gated, unknown paths never granted', () => {
  for (const patterns of [[], ['*'], ['oci/*']]) {
    const read = parseCapabilityPatterns(patterns);
    assert(read.ok);
    assert.equal(read.allows('tracing/log'), true);
    assert.equal(read.allows('oci/v9/verify'), false);
    assert.equal(read.allows('oci/v1'), false);
  }
});
