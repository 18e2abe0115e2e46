import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { review } from './requests.ts';
import { differing, policyServer, SKIPPED } from './server.ts';

suite('the HTTP interface (§4)', { skip: SKIPPED }, () => {
  const ask = policyServer();

  test('a review is answered in one form, with its nulls', async () => {
    assert.deepEqual(await ask('/validate/yes', review()), {
      status: 200,
      type: 'application/json',
      text: '{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","response":{"uid":"u1","allowed":true,"auditAnnotations":null,"warnings":null}}',
    });
    const { text } = await ask('/validate/noted', review());
    assert.ok(
      text.includes(
        '"response":{"uid":"u1","allowed":false,"status":{"message":"the policy says no"},"auditAnnotations":{"key":"value"},"warnings":["careful"]}',
      ),
      text,
    );
  });

  test('a raw request is answered without the frame of a review', async () => {
    const rows: [request: unknown, uid: string][] = [
      [{ uid: 'r', any: 1 }, 'r'],
      [{ uid: 5 }, ''],
      ['text', ''],
      [null, ''],
    ];
    for (const [request, uid] of rows) {
      const { status, text } = await ask('/validate_raw/yes', { request });
      assert.deepEqual(
        [status, text],
        [200, `{"response":{"uid":"${uid}","allowed":true,"auditAnnotations":null,"warnings":null}}`],
      );
    }
  });

  test('apiVersion and kind are not looked at', async () => {
    for (const more of [{}, { apiVersion: 'x', kind: 'y' }, { apiVersion: 'admission.k8s.io/v1beta1' }]) {
      assert.equal((await ask('/validate/yes', { ...more, ...review() })).status, 200);
    }
  });

  test('an unknown id is 404, after the body has been read', async () => {
    for (const [path, body] of [
      ['validate', review()],
      ['audit', review()],
      ['validate_raw', { request: 1 }],
    ] as const) {
      const { status, text } = await ask(`/${path}/unknown`, body);
      assert.deepEqual([status, text], [404, '{"message":"unknown policy: unknown","status":404}']);
      assert.equal((await ask(`/${path}/unknown`, '{}')).status, 422);
    }
  });

  test('a member of a group can be asked alone', async () => {
    assert.equal((await ask('/validate/g-and%2Fyes', review())).status, 200);
    assert.equal((await ask('/validate/g-and%2Fother', review())).status, 404);
    assert.equal((await ask('/validate/a%2Fb%2Fc', review())).status, 500);
  });

  test('a body of the wrong shape is 422, one that is no JSON 400', async () => {
    const rows: [body: string, status: number][] = [
      ['{}', 422],
      ['{"request":{}}', 422],
      ['{"request":null}', 422],
      [JSON.stringify(review({ uid: undefined })), 422],
      [JSON.stringify(review({ userInfo: undefined })), 422],
      [JSON.stringify(review({ kind: { kind: 'Pod' } })), 422],
      [JSON.stringify(review({ dryRun: 'yes' })), 422],
      ['', 400],
      ['{', 400],
      ['{} {}', 400],
    ];
    for (const [body, status] of rows) {
      const answer = await ask('/validate/yes', body);
      assert.equal(answer.status, status, body);
      const start =
        status === 422
          ? 'Failed to deserialize the JSON body into the target type: '
          : 'Failed to parse the request body as JSON: ';
      const told = JSON.parse(answer.text) as { message: string; status: number };
      assert.equal(told.status, status);
      assert.ok(told.message.startsWith(start), told.message);
    }
  });

  test(differing('json-errors', 'the other endpoints say so in the same form'), async () => {
    for (const path of ['/audit/yes', '/validate_raw/yes']) {
      const { status, type } = await ask(path, '{}');
      assert.deepEqual([status, type], [422, 'application/json']);
    }
  });
});
