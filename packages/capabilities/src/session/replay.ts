import { ONCE, type Backend } from '../backend.ts';
import { CapabilityError } from '../errors.ts';
import { formatRequest, keyOfRequest, parseSession } from './format.ts';

/** A backend that gives recorded answers, in their order. */
export interface ReplayingBackend extends Backend {
  /** Exchanges that nothing has asked for yet. */
  readonly left: () => number;
}

const encoder = new TextEncoder();

/**
 * Plays a session back: every question has to be the next one of the session, and is answered once. A question that is
 * another one rejects with `unexpected request`, one after the last with `empty`, both CapabilityError `replay`.
 * Throws CapabilityError `replay` when the session can't be read.
 */
export function replaySession(yaml: string): ReplayingBackend {
  const exchanges = parseSession(yaml);
  let next = 0;
  return {
    left: () => exchanges.length - next,
    ask: async (request) => {
      const exchange = exchanges[next];
      if (exchange === undefined) {
        throw new CapabilityError('replay', `the session is empty: nothing is left for ${request.tag}`);
      }
      if (exchange.key !== keyOfRequest(request)) {
        throw new CapabilityError(
          'replay',
          `unexpected request: exchange ${next + 1} is another one than\n${formatRequest(request)}`,
        );
      }
      next += 1;
      const { response } = exchange;
      if (response.type === 'Error') throw new CapabilityError('replay', response.message);
      return { payload: encoder.encode(response.payload), validity: ONCE };
    },
  };
}
