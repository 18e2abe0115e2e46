import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { compile, DYN, STANDARD, withVariables } from '@ostiary/cel';
import { chartFiles } from './files.ts';
import type { OpenApi } from './schema.ts';
import { OPEN_REPORT_RESOURCES, POLICY_REPORTS } from './reports.ts';
import { RESOURCES } from './resources.ts';

const TEMPLATES = join(import.meta.dirname, '../../../../charts/ostiary-crds/templates');

test('the templates of the chart are what the schemas say', () => {
  const files = chartFiles();
  assert.deepEqual(readdirSync(TEMPLATES).sort(), [...files.keys()].sort());
  for (const [name, text] of files) assert.equal(readFileSync(join(TEMPLATES, name), 'utf8'), text, name);
});

/** Every schema below one, itself included, with its path. */
function* walk(schema: OpenApi, path: string): Generator<readonly [string, OpenApi]> {
  yield [path, schema];
  if (schema.items !== undefined) yield* walk(schema.items, `${path}[]`);
  if (schema.additionalProperties !== undefined) yield* walk(schema.additionalProperties, `${path}{}`);
  for (const [name, child] of Object.entries(schema.properties ?? {})) yield* walk(child, `${path}.${name}`);
}

const SCHEMAS = [...RESOURCES, ...POLICY_REPORTS, ...OPEN_REPORT_RESOURCES].flatMap(({ kind, versions }) =>
  versions.flatMap(({ name, members, rules }) => [
    ...Object.entries(members).flatMap(([member, { openapi }]) => [...walk(openapi, `${kind}.${name}.${member}`)]),
    [`${kind}.${name}`, rules === undefined ? {} : { 'x-kubernetes-validations': rules }] as const,
  ]),
);

test('every schema is structural', () => {
  for (const [path, schema] of SCHEMAS) {
    const hasType = schema.type !== undefined || schema['x-kubernetes-int-or-string'] === true;
    assert.ok(hasType || !path.includes('.', path.indexOf('.v1') + 4), `${path} has a type`);
    assert.ok(schema.properties === undefined || schema.additionalProperties === undefined, path);
    if (schema.type === 'array') assert.ok(schema.items, path);
    if (schema['x-kubernetes-list-type'] === 'map') assert.ok(schema['x-kubernetes-list-map-keys'], path);
    for (const name of schema.required ?? []) assert.ok(schema.properties?.[name], `${path}.${name}`);
  }
});

test('every rule compiles, and says why', () => {
  const environment = withVariables(STANDARD, { self: DYN, oldSelf: DYN });
  const rules = SCHEMAS.flatMap(([path, schema]) =>
    (schema['x-kubernetes-validations'] ?? []).map((rule) => [path, rule] as const),
  );
  assert.ok(rules.length >= 20);
  for (const [path, { rule, message }] of rules) {
    const compiled = compile(rule, environment);
    assert.deepEqual(compiled.ok ? compiled.type.kind : compiled.errors, 'bool', `${path}: ${rule}`);
    assert.ok(message.length > 10, path);
  }
});

test('no two resources share a name', () => {
  const all = [...RESOURCES, ...POLICY_REPORTS, ...OPEN_REPORT_RESOURCES];
  for (const key of ['kind', 'plural', 'shortName'] as const) {
    assert.equal(new Set(all.map((resource) => resource[key])).size, all.length, key);
  }
  for (const { versions, kind } of all) assert.equal(versions.filter(({ storage }) => storage).length, 1, kind);
});
