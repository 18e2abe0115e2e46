import assert from 'node:assert/strict';
import { test } from 'node:test';
import { moduleStatusOf, validateModule } from './module.ts';
import { formatProblem } from './problem.ts';

const CASES: readonly (readonly [Record<string, unknown>, readonly string[]])[] = [
  [{ module: 'm' }, []],
  [{ module: 'm', memory: '64Ki' }, []],
  [{ module: 'm', memory: '4Gi' }, []],
  [{ module: 'm', memory: 65_536 }, []],
  [
    { module: 'm', memory: '63Ki' },
    ['spec.memory: Invalid value: "63Ki": must be a quantity from 64Ki to 4Gi, such as 64Mi'],
  ],
  [
    { module: 'm', memory: 4_294_967_297 },
    ['spec.memory: Invalid value: 4294967297: must be a quantity from 64Ki to 4Gi, such as 64Mi'],
  ],
  [
    { module: 'm', memory: true },
    ['spec.memory: Invalid value: true: must be a quantity from 64Ki to 4Gi, such as 64Mi'],
  ],
  [{ module: ' ' }, ['spec.module: Required value: a module must be named']],
  [{}, ['spec.module: Required value: a module must be named']],
];

for (const [spec, expected] of CASES) {
  test(`module ${JSON.stringify(spec)}`, () => {
    assert.deepEqual(validateModule({ spec }, undefined).map(formatProblem), expected);
  });
}

test('a spec that stays is not judged again', () => {
  const wrong = { metadata: { name: 'm' }, spec: { module: 'm', memory: '1' } };
  assert.deepEqual(validateModule(wrong, wrong), []);
  assert.deepEqual(validateModule({ ...wrong, metadata: { deletionTimestamp: 'x' } }, { spec: {} }), []);
  const { message, details } = moduleStatusOf('AuthorizationModule', wrong, validateModule(wrong, { spec: {} }));
  assert.match(message, /^AuthorizationModule\.ostiary\.dev "m" is invalid: spec\.memory: /);
  assert.equal(details.kind, 'AuthorizationModule');
});
