import { isAwaiting, type Failure, type Outcome } from '@ostiary/sandbox';
import type { Evaluated } from './contract.ts';
import type { HostSession } from './session.ts';

/**
 * Runs a guest, fetches what it has asked its host for, and runs it again with the answer, until it has all it wants or
 * the request's time or other bounds are reached. What the guest has logged is passed on once. Never rejects.
 *
 * @param turn One run with what the session knows, wherever.
 * @param first A run that has been made already.
 */
export async function converse<Ran extends Evaluated>(
  session: HostSession,
  turn: () => Ran | Promise<Ran>,
  first?: Ran,
): Promise<Ran> {
  let ran = first ?? (await turn());
  while (isAwaiting(ran.outcome)) {
    const failure = await session.fetch(ran.outcome.awaiting);
    if (failure) return told(session, { ...ran, outcome: failed(failure, ran.outcome.micros) });
    ran = await turn();
  }
  return told(session, { ...ran, outcome: wholeLimit(session, ran.outcome) });
}

/** Passes on what the run that counts has logged. */
export function told<Ran extends Evaluated>(session: HostSession, ran: Ran): Ran {
  session.tell(ran.said);
  return ran;
}

export function failed(failure: Failure, micros = 0): Outcome {
  return { ok: false, failure, micros };
}

/** A run has only what is left of the request's time; the message names the limit that the request had. */
function wholeLimit(session: HostSession, outcome: Outcome): Outcome {
  if (outcome.ok || outcome.failure.code !== 'deadline') return outcome;
  return failed({ ...session.deadline(), stderr: outcome.failure.stderr }, outcome.micros);
}
