import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import type { JsonValue } from '@ostiary/policy';
import { buildRequest, type RequestOptions } from './build.ts';
import { kindsDefinedBy } from './discovery.ts';
import { parseDocuments, readDocuments } from './documents.ts';
import { InputError } from './errors.ts';
import { builtInKind, pluralOf } from './kinds.ts';
import { subjectOf, titleOf } from './subject.ts';

const POD = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } };

suite('kinds', () => {
  for (const [kind, plural] of [
    ['Pod', 'pods'],
    ['Ingress', 'ingresses'],
    ['NetworkPolicy', 'networkpolicies'],
    ['Gateway', 'gateways'],
    ['Endpoints', 'endpoints'],
    ['StorageClass', 'storageclasses'],
    ['CSIDriver', 'csidrivers'],
  ] as const) {
    test(`${kind} is ${plural} in the plural`, () => assert.equal(pluralOf(kind), plural));
  }

  for (const [apiVersion, kind, namespaced] of [
    ['v1', 'Pod', true],
    ['v1', 'Namespace', false],
    ['apps/v1', 'Deployment', true],
    ['rbac.authorization.k8s.io/v1', 'ClusterRole', false],
    ['networking.k8s.io/v1beta1', 'Ingress', true],
    ['apps/v1', 'Pod', undefined],
    ['example.com/v1', 'toString', undefined],
  ] as const) {
    test(`${apiVersion} ${kind} is ${namespaced === undefined ? 'unknown' : `namespaced: ${namespaced}`}`, () => {
      assert.equal(builtInKind(apiVersion, kind)?.namespaced, namespaced);
    });
  }
});

suite('requests around objects', () => {
  for (const [name, object, options, expected] of [
    ['a creation', POD, {}, { operation: 'CREATE', namespace: 'default', name: 'a' }],
    ['a namespace that is given', POD, { namespace: 'web' }, { namespace: 'web' }],
    [
      'a namespace of its own',
      { ...POD, metadata: { namespace: 'own' } },
      { namespace: 'web' },
      { namespace: 'own', name: undefined },
    ],
    [
      'a kind of the cluster',
      { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' } },
      {},
      { namespace: undefined },
    ],
    ['a namespace itself', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n' } }, {}, { namespace: 'n' }],
    [
      'a deletion',
      POD,
      { operation: 'DELETE' },
      { object: undefined, options: { apiVersion: 'meta.k8s.io/v1', kind: 'DeleteOptions' } },
    ],
    ['a subresource', POD, { subResource: 'status' }, { subResource: 'status', requestSubResource: 'status' }],
    ['a user', POD, { user: { username: 'me', groups: ['g'] } }, { userInfo: { username: 'me', groups: ['g'] } }],
  ] as readonly (readonly [string, JsonValue, RequestOptions, Readonly<Record<string, unknown>>])[]) {
    test(`say ${name}`, async () => {
      const { request } = await buildRequest(object, 'here', options);
      for (const [member, value] of Object.entries(expected)) assert.deepEqual(request[member], value, member);
    });
  }

  test('have both objects for an update, and the old one alone for a deletion', async () => {
    const old = { ...POD, spec: { old: true } };
    const update = await buildRequest(POD, 'here', { operation: 'UPDATE', oldObject: old });
    assert.deepEqual(update.request['oldObject'], old);
    const deletion = await buildRequest(POD, 'here', { operation: 'DELETE', oldObject: old });
    assert.deepEqual(deletion.request['oldObject'], old);
  });

  test('guess kinds that nobody knows, and say so; definitions among the manifests are known', async () => {
    const object = { apiVersion: 'example.com/v1', kind: 'Party', metadata: { name: 'p' } };
    const guessed = await buildRequest(object, 'here');
    assert.match(guessed.guessed ?? '', /not a built-in kind; taken for the resource 'parties', not in a namespace/);
    const spec = { group: 'example.com', names: { kind: 'Party', plural: 'partys' }, scope: 'Namespaced' };
    const find = kindsDefinedBy([{ source: 'crd', value: { kind: 'CustomResourceDefinition', spec } }]);
    const known = await buildRequest(object, 'here', {}, find);
    assert.equal(known.guessed, undefined);
    assert.deepEqual(known.request['resource'], { group: 'example.com', version: 'v1', resource: 'partys' });
  });

  test('refuse what is no object', async () => {
    for (const value of [null, 1, [], {}, { kind: 'Pod' }, { apiVersion: 1, kind: 'Pod' }] as readonly JsonValue[]) {
      await assert.rejects(buildRequest(value, 'here'), { name: 'InputError', code: 'wrong-shape' });
    }
  });
});

suite('documents', () => {
  test('come from YAML and JSON, lists taken apart, comments passed over', async () => {
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [POD, POD] });
    assert.equal((await parseDocuments(list, 'f')).length, 2);
    assert.equal((await parseDocuments('# a\n---\n# b\n---\na: 1\n---\nb: 2\n', 'f')).length, 2);
    assert.equal((await parseDocuments('', 'f')).length, 0);
  });

  test('keep the digits of large numbers', async () => {
    for (const text of ['{"a":9007199254740993,"b":1.0}', 'a: 9007199254740993\n']) {
      const [document] = await parseDocuments(text, 'f');
      assert.match(JSON.stringify(document?.value), /9007199254740993/);
    }
  });

  test('come from folders in the order of their paths', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'ostiary-documents-'));
    t.after(() => rm(folder, { recursive: true }));
    await mkdir(join(folder, 'b'));
    for (const name of ['z.yaml', 'b/a.yml', 'c.json', 'notes.txt']) await writeFile(join(folder, name), '{"a":1}');
    const sources = (await readDocuments(folder)).map(({ source }) => source.slice(folder.length + 1));
    assert.deepEqual(sources, ['b/a.yml', 'c.json', 'z.yaml']);
  });

  for (const [name, text] of [
    ['YAML that is none', 'a: [1'],
    [
      'an alias bomb',
      `a: &a [1,1,1,1,1,1,1,1,1]\n${'bcdefg'
        .split('')
        .map((n, i) => `${n}: &${n} [${Array.from({ length: 9 }, () => `*${'abcdef'[i]}`).join()}]`)
        .join('\n')}`,
    ],
    ['a key that is a list', '? [a]\n: 1\n'],
    ['a number that is none', 'a: .nan\n'],
    ['tags that make objects', '!!set {a, b}'],
  ] as const) {
    test(`refuse ${name} with words of their own, or read it as plain data`, async () => {
      try {
        for (const { value } of await parseDocuments(text, 'f')) JSON.stringify(value);
      } catch (error) {
        assert.ok(error instanceof InputError, String(error));
        assert.match(error.message, /^f/);
      }
    });
  }

  test('never fail otherwise, whatever is in them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ maxLength: 200 }), async (text) => {
        await parseDocuments(text, 'f').catch((error: unknown) =>
          assert.ok(error instanceof InputError, String(error)),
        );
      }),
      { numRuns: 300 },
    );
  });
});

suite('subjects', () => {
  for (const [name, value, kind, built] of [
    ['an AdmissionReview', { kind: 'AdmissionReview', request: { uid: 'u' } }, 'admission', false],
    ['an AdmissionRequest', { uid: 'u', kind: { kind: 'Pod' } }, 'admission', false],
    ['an object', POD, 'admission', true],
    ['a TokenReview', { kind: 'TokenReview' }, 'token-review', false],
    ['a SubjectAccessReview', { kind: 'SubjectAccessReview' }, 'subject-access-review', false],
  ] as const) {
    test(`know ${name}`, async () => {
      const subject = await subjectOf({ source: 's', value }, false, {});
      assert.deepEqual([subject.kind, subject.built], [kind, built]);
    });
  }

  test('take anything as it is when it is raw', async () => {
    for (const value of [1, 'text', null, { kind: 'AdmissionReview' }] as readonly JsonValue[]) {
      assert.equal((await subjectOf({ source: 's', value }, true, {})).kind, 'raw');
    }
  });

  test('have a title', async () => {
    const subject = await subjectOf({ source: 's', value: { ...POD, metadata: { generateName: 'web-' } } }, false, {});
    assert.equal(titleOf(subject), 'CREATE Pod default/web-*');
  });
});
