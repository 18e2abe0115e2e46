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
  ...['registry://r.example/m:v1', 'r.example:5000/a/m@sha256:' + 'a'.repeat(64), 'https://e.example/m.wasm', '/m.wasm']
    .concat('file:///m.wasm', 'http://e.example/m.wasm')
    .map((module): [Record<string, unknown>, readonly string[]] => [{ module, settings: {}, order: -1 }, []]),
  [{ module: './m.wasm' }, ['spec.module: Invalid value: "./m.wasm": a path must be absolute']],
  [{ module: 'oci://r/m' }, ['spec.module: Invalid value: "oci://r/m": use registry:// in place of oci://']],
  [
    { module: 'ftp://r/m' },
    [`spec.module: Invalid value: "ftp://r/m": unknown scheme 'ftp': use registry, oci, https, http or file`],
  ],
  [{ module: 'r.example/m:a:b' }, [`spec.module: Invalid value: "r.example/m:a:b": 'a:b' is no tag`]],
  [{ module: 'm', settings: [] }, ['spec.settings: Invalid value: []: must be an object']],
  [{ module: 'm', settings: null }, []],
  [{ module: 'm', order: 1.5 }, ['spec.order: Invalid value: 1.5: must be an integer from -2147483648 to 2147483647']],
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
