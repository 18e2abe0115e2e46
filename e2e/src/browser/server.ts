import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { mapPlaces, type GuestPlaces } from '@ostiary/conformance';
import { EVENTS_PATH, type BrowserEvent } from './events.ts';
import { sourceForBrowser } from './sources.ts';

export interface ContractServer {
  /** Of the page that runs the contract. */
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** What browsers share memory between workers for: a page that nothing of another origin is in. */
const ISOLATION = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

/** Its script is a module, whose failure to load only the element hears of. */
const PAGE = `<!doctype html><title>sandbox</title><script type="module" src="/e2e/src/browser/page.ts" onerror="fetch(
  '${EVENTS_PATH}', { method: 'POST', body: JSON.stringify({ type: 'broken', message: 'page.ts failed to load' }) }
)"></script>`;

interface Answer {
  readonly type: string;
  readonly body: string | Uint8Array;
}

/** Serves the page, its sources and the guests on a free port of 127.0.0.1, and takes the page's events. */
export async function startContractServer(
  guests: readonly GuestPlaces[],
  onEvent: (event: BrowserEvent) => void,
): Promise<ContractServer> {
  const files = new Map<string, string>();
  const offered = guests.map((each) =>
    mapPlaces(each, (file) => {
      const url = `/guests/${files.size}.wasm`;
      files.set(url, file);
      return url;
    }),
  );
  const get = async (path: string): Promise<Answer | undefined> => {
    if (path === '/') return { type: 'text/html; charset=utf-8', body: PAGE };
    if (path === '/guests.json') return { type: 'application/json', body: JSON.stringify(offered) };
    const file = files.get(path);
    if (file !== undefined) return { type: 'application/wasm', body: await readFile(file) };
    const body = sourceForBrowser(path);
    return body === undefined ? undefined : { type: 'text/javascript; charset=utf-8', body };
  };
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method === 'POST' && request.url === EVENTS_PATH) {
      onEvent(JSON.parse(await text(request)) as BrowserEvent);
      response.writeHead(204).end();
      return;
    }
    const answer = await get(request.url ?? '/');
    if (answer) response.writeHead(200, { ...ISOLATION, 'content-type': answer.type }).end(answer.body);
    else response.writeHead(404).end();
  };
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, stop: () => close(server) };
}

async function close(server: ReturnType<typeof createServer>): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
