import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ReferenceError_, type ReferenceErrorCode } from '../errors.ts';
import { fileReference, formatReference, parseReference } from './parse.ts';
import type { RegistryReference } from './reference.ts';

const SHA = 'sha256:' + '0123456789abcdef'.repeat(4);

function image(registry: string, repository: string, rest: { tag?: string; digest?: string }): RegistryReference {
  return { kind: 'registry', registry, repository, ...rest };
}

describe('parseReference', () => {
  const images: readonly (readonly [string, RegistryReference])[] = [
    ['busybox', image('docker.io', 'library/busybox', { tag: 'latest' })],
    ['org/policy:v1', image('docker.io', 'org/policy', { tag: 'v1' })],
    ['ghcr.io/org/policy', image('ghcr.io', 'org/policy', { tag: 'latest' })],
    ['registry://ghcr.io/a/b:v1.2', image('ghcr.io', 'a/b', { tag: 'v1.2' })],
    ['oci://ghcr.io/a/b:v1.2', image('ghcr.io', 'a/b', { tag: 'v1.2' })],
    ['host:5000/x', image('host:5000', 'x', { tag: 'latest' })],
    ['localhost/x', image('localhost', 'x', { tag: 'latest' })],
    ['[::1]:5000/x:y', image('[::1]:5000', 'x', { tag: 'y' })],
    [`ghcr.io/a/b@${SHA}`, image('ghcr.io', 'a/b', { digest: SHA })],
    [`ghcr.io/a/b:v1@${SHA}`, image('ghcr.io', 'a/b', { tag: 'v1', digest: SHA })],
    ['index.docker.io/a/b:1', image('docker.io', 'a/b', { tag: '1' })],
    ['registry-1.docker.io/busybox', image('docker.io', 'library/busybox', { tag: 'latest' })],
    ['host:5000', image('docker.io', 'library/host', { tag: '5000' })],
    ['registry://ghcr.io/a__b/c-d---e.f', image('ghcr.io', 'a__b/c-d---e.f', { tag: 'latest' })],
  ];
  for (const [text, expected] of images) {
    test(`reads ${text}`, () => assert.deepEqual(parseReference(text), expected));
  }

  test('reads web addresses, without their fragment', () => {
    const reference = parseReference('https://example.com:8443/p/policy.wasm#x');
    assert.equal(formatReference(reference), 'https://example.com:8443/p/policy.wasm');
  });

  test('reads files', () => {
    assert.deepEqual(parseReference('file:///a/b%20c.wasm'), { kind: 'file', path: '/a/b c.wasm' });
    assert.deepEqual(parseReference('file://localhost/a.wasm'), { kind: 'file', path: '/a.wasm' });
    assert.deepEqual(parseReference('file://p/a.wasm', { base: '/etc/x' }), { kind: 'file', path: '/etc/x/p/a.wasm' });
    assert.deepEqual(parseReference('file://../a.wasm', { base: '/etc/x' }), { kind: 'file', path: '/etc/a.wasm' });
  });

  const bad: readonly (readonly [string, ReferenceErrorCode, number])[] = [
    ['', 'empty', 0],
    ['x'.repeat(5000), 'too-long', 4096],
    [`ghcr.io/${'x/'.repeat(130)}x`, 'too-long', 0],
    ['ftp://x/y', 'unknown-scheme', 0],
    ['ghcr.io/Org/policy', 'bad-repository', 8],
    ['ghcr.io/org//policy', 'bad-repository', 12],
    ['registry://ghcr.io/', 'bad-repository', 19],
    ['registry://ghcr.io/org/../policy', 'bad-repository', 23],
    ['ghcr.io/a:', 'bad-tag', 10],
    ['ghcr.io/a:-x', 'bad-tag', 10],
    ['ghcr.io/a:x/y', 'bad-repository', 8],
    ['ghcr.io/a@sha256:12', 'bad-digest', 10],
    ['ghcr.io/a@md5:12', 'bad-digest', 10],
    ['gh_cr.io/a', 'bad-registry', 0],
    ['host:99999/a', 'bad-registry', 0],
    ['host:0/a', 'bad-registry', 0],
    ['user:pw@ghcr.io/a', 'bad-digest', 8],
    ['/etc/x.wasm', 'bad-registry', 0],
    ['https://user:pw@example.com/x', 'credentials', 8],
    ['https://', 'bad-url', 0],
    ['file://relative.wasm', 'bad-path', 7],
    ['file:///a%2fb', 'bad-path', 7],
  ];
  for (const [text, code, position] of bad) {
    test(`refuses ${text.slice(0, 40) || 'nothing'}`, () => {
      assert.throws(
        () => parseReference(text),
        (error: unknown) => {
          assert.ok(error instanceof ReferenceError_);
          assert.deepEqual([error.code, error.position], [code, position]);
          return true;
        },
      );
    });
  }
});

describe('properties of references', () => {
  const word = fc.stringMatching(/^[a-z0-9]{1,8}$/);
  const separator = fc.constantFrom('.', '_', '__', '-', '---');
  const component = fc.tuple(word, fc.array(fc.tuple(separator, word), { maxLength: 2 })).map(([head, tail]) => {
    return head + tail.map((pair) => pair.join('')).join('');
  });
  const registry = fc.constantFrom(
    'ghcr.io',
    'localhost',
    'localhost:5000',
    '10.0.0.1:80',
    '[::1]:443',
    'A',
    'a.b-c.d',
  );
  const hex = fc.stringMatching(/^[0-9a-f]{64}$/).map((text) => `sha256:${text}`);
  const place = fc.record({ registry, repository: fc.array(component, { minLength: 1, maxLength: 4 }) });
  const suffix = fc.oneof(
    fc.record({ tag: fc.stringMatching(/^\w[\w.-]{0,20}$/) }),
    fc.record({ digest: hex }),
    fc.record({ tag: fc.stringMatching(/^\w[\w.-]{0,20}$/), digest: hex }),
  );

  test('what is formatted reads back the same', () => {
    fc.assert(
      fc.property(place, suffix, (where, rest) => {
        const reference = image(where.registry, where.repository.join('/'), rest);
        assert.deepEqual(parseReference(formatReference(reference)), reference);
      }),
    );
  });

  test('files read back the same', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1 }), { minLength: 1 }), (parts) => {
        const reference = fileReference(`/${parts.join('/').replaceAll('\0', '')}`);
        assert.deepEqual(parseReference(formatReference(reference)), reference);
      }),
    );
  });

  test('any text is read to something that reads back, or refused with a position in the text', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom(...'ab/.:@_-[]A0%?#\\ '.split('')) }),
      fc.string({ unit: fc.constantFrom(...'ab/.:@_-0'.split('')) }).map((rest) => `registry://${rest}`),
      fc.webUrl({ withQueryParameters: true }),
    );
    fc.assert(
      fc.property(text, (input) => {
        try {
          const canonical = formatReference(parseReference(input));
          assert.equal(formatReference(parseReference(canonical)), canonical);
        } catch (error) {
          assert.ok(error instanceof ReferenceError_, String(error));
          assert.ok(error.position >= 0 && error.position <= input.length);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
