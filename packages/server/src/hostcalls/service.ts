import type { MessagePort } from 'node:worker_threads';
import { describeHostCall, HOST_ANSWER_LIMIT, type HostAnswer } from '@ostiary/sandbox';
import { ANSWER_LIMIT_MS } from './client.ts';
import type { Answered, AnswerHostCall, Question, Reply } from './contract.ts';

export interface ServiceOptions {
  readonly answer: AnswerHostCall;
  /** A defect: the question's kind and the cause. The guest is told neither. */
  readonly report: (what: string, cause: unknown) => void;
  /** How long `answer` may take; default: as long as clients wait. */
  readonly timeoutMs?: number;
}

/** Questions of one thread that are being answered; more are refused. Requests of a thread wait for at most one each. */
const MAX_OPEN = 10_000;
/** From here on an answer goes by shared memory: copying it into messages costs more than making it shared once. */
const SHARED_FROM = 4096;

/** Answers the questions that come by a port, many at a time. Ends with the port. */
export function serveHostCalls(port: MessagePort, options: ServiceOptions): void {
  const open = new Set<AbortController>();
  const reply = async (question: Question): Promise<void> => {
    const { answer, validity } = open.size < MAX_OPEN ? await answered(question, open, options) : busy(question);
    port.postMessage({ id: question.id, answer: shared(bounded(question, answer)), validity } satisfies Reply);
  };
  port.on('message', (question: Question) => void reply(question));
  port.on('close', () => {
    for (const controller of open) controller.abort();
  });
}

async function answered(
  { call, policy, grants }: Question,
  open: Set<AbortController>,
  { answer, report, timeoutMs = ANSWER_LIMIT_MS }: ServiceOptions,
): Promise<Answered> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), timeoutMs);
  open.add(controller);
  try {
    return await answer(call, { policy, grants }, controller.signal);
  } catch (cause) {
    if (!controller.signal.aborted) report(describeHostCall(call), cause);
    return refused(`${describeHostCall(call)} could not be answered`);
  } finally {
    clearTimeout(timer);
    open.delete(controller);
  }
}

function busy({ call }: Question): Answered {
  return refused(`${describeHostCall(call)} is busy: ${MAX_OPEN} questions are being answered`);
}

function refused(error: string): Answered {
  return { answer: { ok: false, error }, validity: { kind: 'once' } };
}

function bounded({ call }: Question, answer: HostAnswer): HostAnswer {
  if (!answer.ok || answer.payload.length <= HOST_ANSWER_LIMIT) return answer;
  const error = `${describeHostCall(call)} answered with more than the limit of ${HOST_ANSWER_LIMIT} bytes`;
  return { ok: false, error };
}

/** An answerer that gives the same bytes to many does this itself, once; then nothing is copied here. */
export function shared(answer: HostAnswer): HostAnswer {
  if (!answer.ok || answer.payload.length < SHARED_FROM) return answer;
  if (answer.payload.buffer instanceof SharedArrayBuffer) return answer;
  const payload = new Uint8Array(new SharedArrayBuffer(answer.payload.length));
  payload.set(answer.payload);
  return { ok: true, payload };
}
