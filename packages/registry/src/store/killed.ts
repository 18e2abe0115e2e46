// What the kill test kills: stores modules without end, of two contents under few names.
import { openStore } from './store.ts';

const store = openStore(process.argv[2] ?? '');

async function* chunks(fill: number): AsyncGenerator<Uint8Array> {
  yield Buffer.from([0, 0x61, 0x73, 0x6d]);
  for (let count = 0; count < 8; count++) yield Buffer.alloc(64 * 1024, fill);
}

process.stdout.write('ready\n');
for (let round = 0; ; round++) {
  const tag = `v${round % 3}`;
  const reference = { kind: 'registry', registry: 'example.com', repository: 'org/policy', tag } as const;
  await store.put(reference, chunks(round % 2 === 0 ? 1 : 2));
  if (round % 5 === 4) await store.remove(reference);
}
