import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseOptions } from './options.ts';

test('without options everything is measured', () => {
  const suites = ['engine', 'http', 'policies', 'neighbours', 'fairness'];
  assert.deepEqual(parseOptions([]), { quick: false, json: false, suites, guests: [] });
});

test('one suite, some guests', () => {
  const options = parseOptions(['--quick', '--json', '--suite', 'http', '--guest', 'go', '--guest', 'rust']);
  assert.deepEqual(options, { quick: true, json: true, suites: ['http'], guests: ['go', 'rust'] });
});

test('an unknown suite is an error that names the known ones', () => {
  assert.throws(() => parseOptions(['--suite', 'speed']), /no suite speed: there are engine, http, policies,/);
  assert.throws(() => parseOptions(['--fast']), TypeError);
});
