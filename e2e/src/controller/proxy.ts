import { connect, createServer, type Socket } from 'node:net';

/** A Service as kube-proxy makes it: connections to an address go to one of the ports behind it, in turn. */
export interface ServiceProxy {
  /** Ports on 127.0.0.1; connections that are open stay where they are. */
  readonly lead: (ports: readonly number[]) => void;
  readonly stop: () => Promise<void>;
}

/** Listens at `address:port`, an address of the service range, all of which this machine has. */
export async function startProxy(address: string, port: number): Promise<ServiceProxy> {
  let targets: readonly number[] = [];
  let next = 0;
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const target = targets[next++ % Math.max(1, targets.length)];
    if (target === undefined) return void client.destroy();
    const upstream = connect(target, '127.0.0.1');
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        open.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, resolve);
  });
  return {
    lead: (ports) => {
      targets = ports;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}
