import type { Backend } from '../backend.ts';
import { messageForGuest } from '../errors.ts';
import { formatRequest, formatSession, type Response } from './format.ts';

/** A backend that remembers what was asked and answered. */
export interface RecordingBackend extends Backend {
  /** The session so far, as YAML. Throws Error when an answer was no UTF-8 text. */
  readonly session: () => string;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Records all that `inner` is asked, in the order of its answers. Failures are recorded too, and passed on. */
export function recordSession(inner: Backend): RecordingBackend {
  const exchanges: { readonly request: string; readonly response: () => Response }[] = [];
  return {
    ask: async (request, questioner, signal) => {
      try {
        const fetched = await inner.ask(request, questioner, signal);
        // A copy, since the answer may lie in memory that threads share, which decoders refuse.
        const payload = fetched.payload.slice();
        exchanges.push({
          request: formatRequest(request),
          response: () => ({ type: 'Success', payload: utf8.decode(payload) }),
        });
        return fetched;
      } catch (error) {
        const message = messageForGuest(error) ?? 'the host failed to answer';
        exchanges.push({ request: formatRequest(request), response: () => ({ type: 'Error', message }) });
        throw error;
      }
    },
    session: () => formatSession(exchanges.map(({ request, response }) => ({ request, response: response() }))),
  };
}
