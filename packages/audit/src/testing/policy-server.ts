import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { isRecord, recordAt, type JsonRecord } from '../json.ts';

/** What a fake policy server answers: a verdict, a status, or nothing at all. */
export type FakeAnswer =
  | { readonly allowed: boolean; readonly message?: string; readonly code?: number }
  | { readonly status: number; readonly body?: string }
  | 'drop'
  | 'hang';

export interface FakePolicyServer {
  readonly url: string;
  readonly asked: readonly FakeQuestion[];
  answer: (question: FakeQuestion) => FakeAnswer | Promise<FakeAnswer>;
}

export interface FakeQuestion {
  readonly policy: string;
  readonly request: JsonRecord;
}

/** A policy server of which a test writes the policies. It ends with the test. */
export async function fakePolicyServer(t: TestContext, answer: FakePolicyServer['answer']): Promise<FakePolicyServer> {
  const asked: FakeQuestion[] = [];
  const fake = { url: '', asked, answer };
  const server = createServer((message, response) => {
    const chunks: Uint8Array[] = [];
    message.on('data', (chunk: Uint8Array) => chunks.push(chunk));
    message.on('end', () => {
      void (async () => {
        const review: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
        const question = { policy: (message.url ?? '').replace('/audit/', ''), request: recordAt(review, 'request') };
        asked.push(question);
        const said = await fake.answer(question);
        if (said === 'hang') return;
        if (said === 'drop') return void response.destroy();
        if ('status' in said) return void response.writeHead(said.status).end(said.body ?? '');
        const { allowed, message: text, code } = said;
        const status = text === undefined ? undefined : { message: text, code };
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ response: { uid: question.request['uid'], allowed, status } }));
      })();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return Object.assign(fake, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

/** The labels of the object that a question is about. */
export function labelsIn({ request }: FakeQuestion): JsonRecord {
  const labels = recordAt(recordAt(request, 'object'), 'metadata')['labels'];
  return isRecord(labels) ? labels : {};
}
