import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { readBundle } from '@ostiary/pki';
import type { Secret } from '../cluster/objects.ts';
import { base64 } from '../desired/secret.ts';
import { issueLeaf, makeAuthority, type KeyPair } from './key-pair.ts';
import { faultOfLeaf } from './leaf.ts';
import { OVERLAP_MS, planAuthority, ROTATED_AT, trustOf, type AuthorityChange } from './trust.ts';

const DAY = 24 * 60 * 60 * 1000;
const NOW = new Date('2026-06-01T00:00:00Z');
const later = (ms: number): Date => new Date(NOW.getTime() + ms);
const NAME = { kind: 'server', dnsName: 'policy-server-default.kubewarden.svc' } as const;

function secretOf({ data, rotatedAt }: Pick<AuthorityChange, 'data' | 'rotatedAt'>): Secret {
  const filled = Object.entries(data).flatMap(([key, pem]) => (pem === undefined ? [] : [[key, base64(pem)] as const]));
  const annotations = rotatedAt === undefined ? {} : { [ROTATED_AT]: rotatedAt.toISOString() };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'kubewarden-ca', annotations },
    data: Object.fromEntries(filled),
  };
}

function only(pair: KeyPair): Secret {
  return secretOf({
    data: { 'ca.crt': pair.certificatePem, 'ca.key': pair.privateKeyPem, 'old-ca.crt': undefined },
    rotatedAt: undefined,
  });
}

test('the first authority is made, and then left alone', () => {
  const change = planAuthority(undefined, NOW);
  assert.ok(change);
  assert.equal(change.rotatedAt, undefined);
  assert.match(change.data['ca.key'] ?? '', /BEGIN EC PRIVATE KEY/);
  assert.equal(planAuthority(secretOf(change), NOW), undefined);
});

test('an authority is replaced two months before its end; both are trusted, and only the new one issues', () => {
  const old = makeAuthority(later(-3600 * DAY));
  const change = planAuthority(only(old), NOW);
  assert.ok(change);
  assert.equal(change.reason, 'about to expire');
  const secret = secretOf(change);
  assert.equal(readBundle(change.data['ca.crt'] ?? '').length, 2);
  const during = trustOf(secret, later(1000));
  assert.ok(during?.authority);
  assert.equal(during.issuers.length, 2, 'what the old one issued is still good');
  assert.equal(during.overlapUntil, NOW.getTime() + OVERLAP_MS);
  const after = trustOf(secret, later(OVERLAP_MS + 1));
  assert.equal(after?.issuers.length, 1, 'then all of it is issued anew');
  assert.equal(readBundle(after?.bundlePem ?? '').length, 2, 'but trusted, for whoever is slow');
  assert.equal(after?.overlapUntil, undefined);
  assert.equal(new X509Certificate(during.authority.certificatePem).verify(during.issuers[0]!.publicKey), true);
});

test('an authority that has expired is forgotten', () => {
  const old = makeAuthority(later(-3640 * DAY));
  const change = planAuthority(only(old), NOW);
  assert.ok(change);
  const trimmed = planAuthority(secretOf(change), later(20 * DAY));
  assert.ok(trimmed);
  assert.equal(trimmed.data['old-ca.crt'], undefined);
  assert.equal(readBundle(trimmed.data['ca.crt'] ?? '').length, 1);
  assert.equal(planAuthority(secretOf(trimmed), later(20 * DAY)), undefined);
});

test('one that was expired when we came is not trusted at all', () => {
  const change = planAuthority(only(makeAuthority(later(-3700 * DAY))), NOW);
  assert.equal(readBundle(change?.data['ca.crt'] ?? '').length, 1);
  assert.equal(change?.rotatedAt, undefined);
});

test('an authority whose key is not its own is replaced', () => {
  const one = makeAuthority(NOW);
  const change = planAuthority(only({ ...one, privateKeyPem: makeAuthority(NOW).privateKeyPem }), NOW);
  assert.match(change?.reason ?? '', /does not belong/);
});

test('a Secret with both certificates and only the first key reads as the first', () => {
  const change = planAuthority(only(makeAuthority(later(-3600 * DAY))), NOW);
  assert.ok(change);
  assert.equal(planAuthority(secretOf(change), NOW), undefined);
});

test('leaves are judged by issuer, name, time and key', () => {
  const authority = makeAuthority(NOW);
  const issuers = [new X509Certificate(authority.certificatePem)];
  const leaf = issueLeaf(authority, NAME, NOW);
  const fault = (pair: KeyPair, at = NOW, purpose: Parameters<typeof faultOfLeaf>[1] = NAME): string | undefined =>
    faultOfLeaf(pair, purpose, { issuers, overlapUntil: undefined }, at);
  assert.equal(fault(leaf), undefined);
  assert.equal(fault(leaf, later(300 * DAY)), undefined);
  assert.equal(fault(leaf, later(306 * DAY)), 'about to expire');
  assert.equal(fault(leaf, NOW, { kind: 'server', dnsName: 'other' }), 'made for another name');
  assert.equal(fault(issueLeaf(makeAuthority(NOW), NAME, NOW)), 'issued by another authority');
  assert.match(fault({ ...leaf, privateKeyPem: authority.privateKeyPem }) ?? '', /does not belong/);
  assert.match(fault({ certificatePem: '', privateKeyPem: '' }) ?? '', /unreadable/);
  const client = { kind: 'client', commonName: 'audit-scanner-client' } as const;
  assert.equal(fault(issueLeaf(authority, client, NOW), NOW, client), undefined);
});

test('a leaf that ends with its authority waits for the next, and through the overlap for everybody to know that', () => {
  const old = makeAuthority(later(-3600 * DAY));
  const leaf = issueLeaf(old, NAME, NOW);
  const fault = (secret: Secret, at: Date): string | undefined =>
    faultOfLeaf(leaf, NAME, trustOf(secret, at) ?? { issuers: [], overlapUntil: undefined }, at);
  assert.equal(fault(only(old), NOW), undefined, 'another from the same authority would be no better');
  const rotated = secretOf(planAuthority(only(old), NOW)!);
  assert.equal(fault(rotated, later(1000)), undefined);
  assert.equal(fault(rotated, later(OVERLAP_MS + 1)), 'issued by another authority');
  const late = secretOf(planAuthority(only(old), later(50 * DAY - 60_000))!);
  assert.equal(fault(late, later(50 * DAY - 30_000)), undefined);
  assert.equal(fault(late, later(50 * DAY - 5000)), 'about to expire', 'it can not wait for the end of the overlap');
});

test('what replaces another is valid from when that was: a clock that is ahead does no harm', () => {
  const ahead = later(330 * DAY);
  const old = makeAuthority(NOW);
  const leaf = new X509Certificate(issueLeaf(old, NAME, ahead).certificatePem);
  assert.ok(leaf.validFromDate <= NOW);
  assert.ok(leaf.validToDate > later(690 * DAY));
  const change = planAuthority(only({ ...old, privateKeyPem: makeAuthority(NOW).privateKeyPem }), ahead);
  const [next] = readBundle(change?.data['ca.crt'] ?? '');
  assert.ok(next !== undefined && next.validFromDate <= NOW);
});
