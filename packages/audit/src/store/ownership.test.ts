import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAsWritten } from './ownership.ts';

const SUMMARY = { 'f:pass': {}, 'f:fail': {}, 'f:warn': {}, 'f:error': {}, 'f:skip': {} };
const OWNER = { 'f:ownerReferences': { '.': {}, 'k:{"uid":"u"}': {} } };
const ALL = { 'f:metadata': OWNER, 'f:results': {}, 'f:scope': {}, 'f:summary': SUMMARY };
const { 'f:results': _results, ...BUT_RESULTS } = ALL;
const { 'f:pass': _pass, ...BUT_PASS } = SUMMARY;

const by = (manager: string, fieldsV1: object, operation = 'Update'): object => ({ manager, operation, fieldsV1 });
const ours = (fields: object, operation?: string): object => by('ostiary-audit', fields, operation);

for (const [what, managedFields, expected] of [
  ['has no managers at all', undefined, true],
  ['was created', [ours(ALL)], true],
  ['was created and applied', [ours(ALL, 'Apply'), ours(BUT_RESULTS)], true],
  ['has a scope of single fields', [ours({ ...ALL, 'f:scope': { 'f:uid': {}, 'f:name': {} } })], true],
  ["has somebody's label", [ours(ALL), by('kubectl', { 'f:metadata': { 'f:labels': { 'f:x': {} } } })], true],
  ['was taken over from a scanner whose fields are the same', [ours(ALL, 'Apply'), by('audit-scanner', ALL)], true],
  ["has somebody's results", [ours(BUT_RESULTS), by('kubectl', { 'f:results': {} })], false],
  [
    "has somebody's number",
    [ours({ ...ALL, 'f:summary': BUT_PASS }), by('x', { 'f:summary': { 'f:pass': {} } })],
    false,
  ],
  ['has lost its results', [ours(BUT_RESULTS)], false],
  ['has lost its owner', [ours({ ...ALL, 'f:metadata': { 'f:labels': {} } })], false],
  ["is somebody else's", [by('audit-scanner', ALL)], false],
] as const) {
  test(`a report that ${what} is ${expected ? '' : 'not '}as we wrote it`, () => {
    const metadata = { name: 'u', ...(managedFields === undefined ? {} : { managedFields }) };
    assert.equal(isAsWritten({ apiVersion: '', kind: '', metadata }), expected);
  });
}
