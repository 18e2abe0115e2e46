import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseOptions } from './options.ts';

test('without options everything is measured', () => {
  assert.deepEqual(parseOptions([]), { quick: false, json: false, suites: ['engine', 'http'], guests: [] });
});

test('one suite, some guests', () => {
  const options = parseOptions(['--quick', '--json', '--suite', 'http', '--guest', 'go', '--guest', 'rust']);
  assert.deepEqual(options, { quick: true, json: true, suites: ['http'], guests: ['go', 'rust'] });
});

test('an unknown suite is an error that names the known ones', () => {
  assert.throws(() => parseOptions(['--suite', 'speed']), /no suite speed: there are engine and http/);
  assert.throws(() => parseOptions(['--fast']), TypeError);
});
