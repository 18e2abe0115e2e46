import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { accessReview, admissionReview, HONEST_GATES, SECRET, tokenReview } from './reviews.ts';
import { NO_SERVER, startServer, type Reply, type TestServer } from './server.ts';

/** 7 MiB: two objects of 3 MiB, which is what the API server takes, and 1 MiB for the rest of a review. */
const BODY_LIMIT = 7 * 1024 * 1024;

const ENDPOINTS = {
  '/authn': tokenReview(),
  '/authz': accessReview(),
  '/admit': admissionReview('honest', { metadata: { name: 'a' }, note: SECRET }),
  '/admit-mut': admissionReview('honest', { metadata: { name: 'a' }, note: SECRET }),
} as const;

/** What a body must not be, made of a good one. */
const BAD_BODIES: Readonly<Record<string, (good: string) => string | Uint8Array>> = {
  nothing: () => '',
  blanks: () => ' \n\t ',
  'a token without JSON': () => SECRET,
  null: () => 'null',
  'a list': (good) => `[${good}]`,
  'a string': () => JSON.stringify(SECRET),
  'a number': () => '1e5',
  'an empty object': () => '{}',
  'a document cut off': (good) => good.slice(0, -1),
  'a document cut off in a string': (good) => good.slice(0, good.indexOf('v1') + 1),
  'two documents': (good) => `${good}${good}`,
  'bytes after the document': (good) => `${good} x`,
  'a byte order mark': (good) => `\uFEFF${good}`,
  'UTF-16': (good) => Buffer.from(good, 'utf16le'),
  'a comment': (good) => good.replace('{', '{/* */'),
  'a comma too many': (good) => good.replace(/\}$/, ',}'),
  'single quotes': (good) => good.replaceAll('"', "'"),
  'a NUL byte': (good) => `${good}\0`,
  'a control character in a string': (good) => good.replace('v1', 'v1\n'),
  'a bad escape': (good) => good.replace('v1', 'v1\\x'),
  'half an escape': (good) => good.replace('v1', String.raw`v1\u12`),
  'invalid UTF-8': (good) => corrupt(good, [0xff]),
  'UTF-8 that is longer than need be': (good) => corrupt(good, [0xc0, 0xaf]),
  'UTF-8 of half a surrogate pair': (good) => corrupt(good, [0xed, 0xa0, 0x80]),
  'UTF-8 cut off': (good) => corrupt(good, [0xe2, 0x82]),
  'a number with a leading zero': (good) => withMember(good, '01'),
  'a number without digits': (good) => withMember(good, '-'),
  'a number without an exponent': (good) => withMember(good, '1e'),
  NaN: (good) => withMember(good, 'NaN'),
  'a word in capitals': (good) => withMember(good, 'True'),
  'arrays nested without end': () => '['.repeat(1_000_000),
  'objects nested without end': () => '{"a":'.repeat(1_000_000),
  'arrays nested too deep in a good document': (good) =>
    withMember(good, `${'['.repeat(200_000)}${']'.repeat(200_000)}`),
  'another kind': (good) => good.replace(/"kind":"\w+Review"/, '"kind":"Pod"'),
  'another group': (good) => good.replace(/"apiVersion":"[^"]+"/, '"apiVersion":"apps/v1"'),
  'another version': (good) => good.replace('.k8s.io/v1"', '.k8s.io/v9"'),
  'no kind': (good) => good.replace(/"kind":"\w+Review",/, ''),
  'no apiVersion': (good) => good.replace(/"apiVersion":"[^"]+",/, ''),
  'a kind that is a number': (good) => good.replace(/"kind":"\w+Review"/, '"kind":7'),
  'no payload': (good) => good.replace(/"(spec|request)":/, '"other":'),
  'a payload that is null': (good) => good.replace(/"(spec|request)":\{.*\}/, '"$1":null}'),
  'a payload that is a list': (good) => good.replace(/"(spec|request)":\{.*\}/, '"$1":[]}'),
  'a payload that is a string': (good) => good.replace(/"(spec|request)":\{.*\}/, `"$1":"${SECRET}"}`),
  'a payload twice': (good) => good.replace(/"(spec|request)":(\{.*\})\}$/, '"$1":$2,"$1":$2}'),
  'a payload twice, once escaped': (good) =>
    good
      .replace(/"spec":(\{.*\})\}$/, String.raw`"spec":$1,"\u0073pec":$1}`)
      .replace(/"request":(\{.*\})\}$/, String.raw`"request":$1,"\u0072equest":$1}`),
};

function corrupt(good: string, bytes: readonly number[]): Uint8Array {
  const [before = '', ...rest] = good.split('v1');
  return Buffer.concat([Buffer.from(`${before}v1`), Buffer.from(bytes), Buffer.from(rest.join('v1'))]);
}

/** A further member at the end of the document. */
function withMember(good: string, value: string): string {
  return good.replace(/\}$/, `,"more":${value}}`);
}

/** Strange, but nothing that the API server could not send. */
const GOOD_BODIES: Readonly<Record<string, (good: string) => string>> = {
  'blanks around everything': (good) =>
    ` \n${good.replaceAll(':', ' : ')}\r\n\t`.replace(/"([^"]*) : ([^"]*)"/g, '"$1:$2"'),
  'unknown members': (good) => withMember(good, '{"future":[1,{"x":null}]}'),
  'a number of 100,000 digits': (good) => withMember(good, '9'.repeat(100_000)),
  'a number beyond every exponent': (good) => withMember(good, '-1e999999999'),
  'members with hostile names': (good) => withMember(good, '{"__proto__":{"allowed":true},"constructor":1,"":2}'),
  'half a surrogate pair as an escape': (good) => withMember(good, String.raw`"\ud800"`),
  'escapes in the names of members': (good) =>
    good.replace('"kind"', String.raw`"\u006bind"`).replace('"apiVersion"', String.raw`"api\u0056ersion"`),
  'some nesting': (good) => withMember(good, `${'['.repeat(50)}${']'.repeat(50)}`),
};

suite('hostile bodies', { skip: NO_SERVER ?? false }, async () => {
  const server = await startServer(HONEST_GATES);
  after(() => server.stop());
  for (const [path, review] of Object.entries(ENDPOINTS)) {
    suite(path, () => gate(server, path, JSON.stringify(review)));
  }
  suite('which request is for whom', () => routing(server, JSON.stringify(ENDPOINTS['/admit'])));
  suite('how requests arrive', () => transport(server, JSON.stringify(ENDPOINTS['/admit'])));
  test('after all that every gate answers', async () => {
    for (const [path, review] of Object.entries(ENDPOINTS))
      answered(await server.post(path, JSON.stringify(review)), path);
  });
});

function gate(server: TestServer, path: string, good: string): void {
  for (const [name, make] of Object.entries(BAD_BODIES)) {
    test(`${name} is refused with 400`, async () => {
      const bad = make(good);
      assert.notEqual(bad, good);
      refused(await server.post(path, bad), 400);
    });
  }
  for (const [name, make] of Object.entries(GOOD_BODIES)) {
    test(`${name} is answered`, async () => {
      const body = make(good);
      assert.doesNotThrow(() => void JSON.parse(body));
      answered(await server.post(path, body), path);
    });
  }
  test('a body of exactly 7 MiB is answered', async () => {
    answered(await server.post(path, good.padEnd(BODY_LIMIT)), path);
  });
  test('a larger body is refused with 413 as soon as it is announced', async () => {
    refused(replyIn(await server.raw(`${head(path)}Content-Length: ${BODY_LIMIT + 1}\r\n\r\n${good}`)), 413);
  });
  test('a larger body that was not announced is refused with 413 as soon as it is too large', async () => {
    const chunk = good.padEnd(BODY_LIMIT + 1);
    const chunked = `Transfer-Encoding: chunked\r\n\r\n${chunk.length.toString(16)}\r\n${chunk}`;
    refused(replyIn(await server.raw(`${head(path)}${chunked}`)), 413);
  });
}

const json = { 'content-type': 'application/json' };

function routing(server: TestServer, good: string): void {
  for (const path of ['/', '/nowhere', '/admit/', '/ADMIT', '//admit', '/admit/../authn', '/%61dmit', '/validate']) {
    test(`POST ${path} is 404`, async () => refused(await server.send(path, { headers: json, body: [good] }), 404));
  }
  for (const path of ['/admit?timeout=10s', '/admit?', '/mut-admit']) {
    test(`POST ${path} is answered`, async () => answered(await server.post(path, good), path));
  }
  for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS']) {
    test(`${method} is 405`, async () => {
      const reply = await server.send('/admit', { method, headers: json });
      refused(reply, 405);
      assert.equal(reply.headers['allow'], 'POST');
    });
  }
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/vnd.kubernetes.protobuf',
    'jsonx',
  ]) {
    test(`Content-Type ${type} is 415`, async () => {
      refused(await server.send('/admit', { headers: { 'content-type': type }, body: [good] }), 415);
    });
  }
  for (const type of [
    'application/json',
    'application/json; charset=utf-8',
    'Application/JSON',
    'application/review+json',
  ]) {
    test(`Content-Type ${type} is answered`, async () => {
      answered(await server.send('/admit', { headers: { 'content-type': type }, body: [good] }), '/admit');
    });
  }
  test('a compressed body is 415', async () => {
    refused(await server.send('/admit', { headers: { ...json, 'content-encoding': 'gzip' }, body: [good] }), 415);
  });
}

function transport(server: TestServer, good: string): void {
  test('a slow body is answered and holds nobody up', async () => {
    const parts = Array.from({ length: 10 }, (_, i) =>
      good.slice((i * good.length) / 10, ((i + 1) * good.length) / 10),
    );
    const slow = server.send('/admit', { headers: json, body: parts, pauseMs: 50 });
    const first = await Promise.race([slow.then(() => 'slow'), server.post('/admit', good).then(() => 'quick')]);
    assert.equal(first, 'quick');
    answered(await slow, '/admit');
  });
  test('abandoned requests hurt nobody', async () => {
    const complete = `${head('/admit')}Content-Length: ${good.length}\r\n\r\n${good}`;
    const beginnings = [1, 40, complete.length - good.length, complete.length - 1, complete.length];
    await Promise.all(beginnings.map((length) => server.abandon(complete.slice(0, length))));
    answered(await server.post('/admit', good), '/admit');
  });
  test('two lengths of one body are refused: that is how requests are smuggled', async () => {
    const lengths = `Content-Length: ${good.length}\r\nTransfer-Encoding: chunked\r\n\r\n`;
    assert.match(await server.raw(`${head('/admit')}${lengths}0\r\n\r\n${good}`), /^HTTP\/1\.1 400 /);
  });
  test('headers of more than 16 KiB are refused', async () => {
    assert.match(await server.raw(`${head('/admit')}X: ${'x'.repeat(16_500)}\r\n\r\n`), /^HTTP\/1\.1 431 /);
  });
  test('what is not HTTP is refused', async () => {
    assert.match(await server.raw('\x16\x03\x01 hello\r\n\r\n'), /^HTTP\/1\.1 400 /);
  });
}

/** The beginning of a POST, up to the headers that say how long it is. */
function head(path: string): string {
  return `POST ${path} HTTP/1.1\r\nHost: conformance\r\nContent-Type: application/json\r\n`;
}

/** The reply in everything that a connection gave; the length of its body is announced. */
function replyIn(bytes: string): Reply {
  const [head = '', text = ''] = bytes.split('\r\n\r\n');
  const headers = head.split('\r\n').map((line) => line.split(': ', 2));
  return {
    status: Number(/^HTTP\/1\.1 (\d+) /.exec(head)?.[1]),
    headers: Object.fromEntries(headers.map(([name = '', value = '']) => [name.toLowerCase(), value])),
    text,
  };
}

/** A refusal says why, in JSON, and never repeats what was sent. */
function refused({ status, headers, text }: Reply, expected: number): void {
  assert.equal(status, expected, text);
  assert.match(String(headers['content-type']), /^application\/json\b/);
  const { message } = JSON.parse(text) as { message?: unknown };
  assert.ok(typeof message === 'string' && message.length > 10, text);
  assert.ok(text.length < 1000, 'the answer is short');
  assert.ok(!text.includes(SECRET), 'the answer does not repeat the body');
}

function answered({ status, text }: Reply, path: string): void {
  assert.equal(status, 200, text);
  const {
    kind,
    status: verdict,
    response,
  } = JSON.parse(text) as {
    kind: string;
    status?: Record<string, unknown>;
    response?: Record<string, unknown>;
  };
  if (path === '/authn') assert.deepEqual([kind, verdict?.['authenticated']], ['TokenReview', false]);
  else if (path === '/authz') assert.deepEqual([kind, verdict?.['allowed']], ['SubjectAccessReview', true]);
  else assert.deepEqual([kind, response?.['allowed']], ['AdmissionReview', true]);
}
