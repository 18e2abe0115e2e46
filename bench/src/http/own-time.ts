import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measure, type Plan } from '../engine/measure.ts';
import { startPeer } from '../engine/peer.ts';
import type { Gate } from './gates.ts';

const PLAN: Plan = { warmCalls: 5000, warmMs: 500, rounds: 5, roundMs: 30 };
const SANDBOX_PEER = fileURLToPath(new URL('../engine/sandbox-peer.ts', import.meta.url));
const EXAMPLES = fileURLToPath(new URL('../../../examples', import.meta.url));

/**
 * The CPU time, in microseconds, of the gate's module alone: the same review in a warm guest of the sandbox, in a loop.
 * What a request costs beyond this and the floor is what the server adds.
 */
export async function moduleMicros(gate: Gate, folder: string): Promise<number> {
  const input = join(folder, `${gate.name}-module.json`);
  writeFileSync(input, `{"request":${gate.body},"settings":null}`);
  const module = join(EXAMPLES, gate.module, 'build', `${gate.module}.wasm`);
  const args = [SANDBOX_PEER, module, 'wasi-reactor', gate.operation, input, 'ostiary'];
  const peer = await startPeer({ command: process.execPath, args, timeoutMs: 30_000 });
  try {
    return (await measure([peer], PLAN))[0]!.cpuUs;
  } finally {
    peer.close();
  }
}
