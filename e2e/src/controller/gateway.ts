import { readFile, writeFile } from 'node:fs/promises';
import { Agent, createServer, request as send } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { issueCertificate } from '@ostiary/pki';
import type { Cluster } from '../cluster.ts';
import { freePorts } from '../ports.ts';

/** A way to the API server that sees what is written, and can be cut. */
export interface Gateway {
  /** A kubeconfig that leads here. */
  readonly kubeconfig: string;
  /** What was written since the start and done, as `PATCH /api/…`; leases and events are not counted. */
  readonly writes: readonly string[];
  /** Called when the API server has done a write, before whoever asked for it is told; a rejection drops the answer. */
  onWrite: ((count: number) => Promise<void>) | undefined;
  /** Ends all connections and takes no more, until `mend`. */
  readonly cut: () => void;
  readonly mend: () => void;
  readonly stop: () => Promise<void>;
}

/** Leads to the cluster's API server with the credentials of `kubeconfig`. */
export async function startGateway(cluster: Cluster, kubeconfig: string): Promise<Gateway> {
  const { authority } = cluster.credentials;
  const own = issueCertificate(authority, {
    commonName: 'gateway',
    ipAddresses: ['127.0.0.1'],
    usages: ['server'],
    validForDays: 1,
    now: new Date(),
  });
  const agent = new Agent({ keepAlive: true, ca: authority.certificatePem });
  const sockets = new Set<Socket>();
  const writes: string[] = [];
  let isCut = false;
  const [port = 0] = await freePorts(1);
  const path = join(cluster.dir, `gateway-${port}.kubeconfig`);
  const gateway: Gateway = {
    kubeconfig: path,
    writes,
    onWrite: undefined,
    cut: () => {
      isCut = true;
      for (const socket of sockets) socket.destroy();
    },
    mend: () => {
      isCut = false;
    },
    stop: async () => {
      gateway.cut();
      agent.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  const done = async (incoming: IncomingMessage, answer: IncomingMessage): Promise<void> => {
    if (!isWrite(incoming) || (answer.statusCode ?? 500) >= 300) return;
    writes.push(`${incoming.method} ${incoming.url}`);
    await gateway.onWrite?.(writes.length);
  };
  const server = createServer({ cert: own.certificatePem, key: own.privateKeyPem }, (incoming, outgoing) => {
    forward(cluster.apiServerUrl, agent, incoming, outgoing, done);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    if (isCut) socket.destroy();
  });
  await new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve));
  const text = await readFile(kubeconfig, 'utf8');
  await writeFile(path, text.replace(cluster.apiServerUrl, `https://127.0.0.1:${port}`), { mode: 0o600 });
  return gateway;
}

function forward(
  url: string,
  agent: Agent,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  done: (incoming: IncomingMessage, answer: IncomingMessage) => Promise<void>,
): void {
  const { method, headers } = incoming;
  const upstream = send(url + incoming.url, { method, headers, agent }, (answer) => {
    // A watch has nothing to say for minutes, and its head has to go out all the same.
    done(incoming, answer).then(
      () => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        outgoing.flushHeaders();
        answer.pipe(outgoing);
      },
      () => outgoing.destroy(),
    );
    answer.on('error', () => outgoing.destroy());
  });
  upstream.on('error', () => outgoing.destroy());
  outgoing.on('close', () => upstream.destroy());
  incoming.pipe(upstream);
}

function isWrite({ method, url = '' }: IncomingMessage): boolean {
  return method !== 'GET' && !/\/(leases|events|selfsubjectaccessreviews)\b/.test(url);
}
