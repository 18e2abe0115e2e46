import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MAX_BODY_BYTES } from '../limits.ts';
import type { PolicyEndpoint } from './front.ts';
import { targetOf } from './routes.ts';
import { bodies, clientOf, post, statuses } from './testing/front-fixture.ts';

describe('the target of a URL', () => {
  for (const [url, expected] of [
    ['/authn', 'authn'],
    ['/mut-admit?timeout=10s', 'admit-mut'],
    ['/validate/pods', { origin: 'validate', id: 'pods' }],
    ['/audit/pods?timeout=10s', { origin: 'audit', id: 'pods' }],
    ['/validate_raw/pods', { origin: 'validate_raw', id: 'pods' }],
    ['/validate/group%2Fmember', { origin: 'validate', id: 'group/member' }],
    ['/validate/%C3%A4%20b', { origin: 'validate', id: 'ä b' }],
    ['/validate/100%', { origin: 'validate', id: '100%' }],
    ['/validate/%zz%41', { origin: 'validate', id: '%zzA' }],
    ['/validate/__proto__', { origin: 'validate', id: '__proto__' }],
    ['/validate/%ff', 400],
    ['/validate/%C3%28', 400],
    ['/validate/%ED%A0%80', 400],
    ['/validate/a%2Fb%2Fc', 500],
    ['/validate/', 404],
    ['/validate/a/b', 404],
    ['/validate/a/', 404],
    ['/validate', undefined],
    ['/validates/a', undefined],
    ['/Validate/a', undefined],
    ['/constructor', undefined],
  ] as const) {
    test(url, () => {
      const target = targetOf(url);
      assert.deepEqual(typeof target === 'object' && 'status' in target ? target.status : target, expected);
    });
  }
});

const policies: PolicyEndpoint = async (origin, id, body) => ({
  status: 200,
  body: Buffer.from(`${origin} ${id} ${Buffer.from(body).toString()}`),
});
const JSON_TYPE = 'Content-Type: application/json\r\n';

describe('policies', () => {
  test('are asked by origin and id; their bytes come through', async (t) => {
    const client = await clientOf(t, { policies });
    for (const [path, expected] of [
      ['/validate/a', 'validate a {"ä":1}'],
      ['/audit/b%2Fc', 'audit b/c {"ä":1}'],
      ['/validate_raw/d?timeout=2s', 'validate_raw d {"ä":1}'],
    ] as const) {
      client.send(post('{"ä":1}', { path, fields: JSON_TYPE }));
      await client.until(new RegExp(`content-length: 1?\\d\\d?\\r\\n\\r\\n${latin1(expected)}$`));
    }
  });

  test('refusals are written as a policy server writes them', async (t) => {
    const long = `POST /audit/a HTTP/1.1\r\nHost: gate\r\n${JSON_TYPE}Content-Length: ${MAX_BODY_BYTES + 1}\r\n\r\n`;
    const chunked = `POST /audit/a HTTP/1.1\r\nHost: gate\r\n${JSON_TYPE}Transfer-Encoding: chunked\r\n\r\n`;
    for (const [request, status, message] of [
      ['GET /validate/a HTTP/1.1\r\nHost: gate\r\n\r\n', 405, 'this endpoint takes POST only'],
      [post('{}', { path: '/validate/a' }), 415, 'Expected request with `Content-Type: application/json`'],
      [
        post('{}', { path: '/validate_raw/a', fields: 'Content-Type: text/plain\r\n' }),
        415,
        'Expected request with `Content-Type: application/json`',
      ],
      [post('{}', { path: '/validate/%ff' }), 400, 'expected a policy id of percent-encoded UTF-8'],
      [post('', { path: '/validate/a%2Fb%2Fc' }), 500, 'Something went wrong'],
      [long, 413, 'Failed to buffer the request body: length limit exceeded'],
      [`${chunked}fffffff\r\n`, 413, 'Failed to buffer the request body: length limit exceeded'],
      [`${chunked}zz\r\n`, 400, 'the chunked body does not follow the grammar of RFC 9112'],
    ] as const) {
      const refused: number[] = [];
      const client = await clientOf(t, { policies, refused: (seen) => void refused.push(seen) });
      client.send(request);
      await client.until(/\}$/);
      assert.deepEqual(JSON.parse(bodies(client.received())[0]!), { message, status }, request);
      assert.deepEqual(statuses(client.received()), [status]);
      assert.deepEqual(refused, [status]);
      assert.equal(client.received().includes('allow: POST\r\n'), status === 405);
    }
  });

  test('a type with the suffix +json is JSON', async (t) => {
    const client = await clientOf(t, { policies });
    client.send(
      post('{}', { path: '/validate/a', fields: 'Content-Type: application/vnd.k8s+json; charset=utf-8\r\n' }),
    );
    await client.until(/validate a \{\}$/);
  });

  test('paths that name none, and all where none are served, are 404 without a body', async (t) => {
    for (const [options, path] of [
      [{ policies }, '/validate/'],
      [{ policies }, '/validate/a/b'],
      [{}, '/validate/a'],
    ] as const) {
      const client = await clientOf(t, options);
      client.send(post('', { path, fields: JSON_TYPE }));
      await client.until(/^HTTP\/1\.1 404 Not Found\r\ndate: [^\r]*\r\ncontent-length: 0\r\n\r\n$/);
    }
  });

  test('one that breaks is answered for', async (t) => {
    const client = await clientOf(t, { policies: () => Promise.reject(new Error('secret')) });
    client.send(post('{}', { path: '/validate/a', fields: JSON_TYPE }));
    await client.until(/500 [^]*\{"message":"something went wrong","status":500\}$/);
  });

  test('refusals after a policy on the same connection are those of their own path', async (t) => {
    const client = await clientOf(t, { policies });
    client.send(post('{}', { path: '/validate/a', fields: JSON_TYPE }));
    await client.until(/validate a \{\}$/);
    client.send('NONSENSE\r\n\r\n');
    await client.until(/400 [^]*\{"message":"expected a request line[^"]*"\}$/);
  });
});

function latin1(text: string): string {
  return Buffer.from(text).toString('latin1');
}
