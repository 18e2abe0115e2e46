#!/usr/bin/env node
// Starts the command on a Node that runs TypeScript sources. An older system Node hands over to the one that npm
// installed beside the project, so that what is on the machine does not matter.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import process from 'node:process';

const MAIN = new URL('../src/main.ts', import.meta.url);
const [major = 0] = process.versions.node.split('.').map(Number);

if (major >= 24) {
  const { main } = await import(MAIN.href);
  process.exitCode = await main(process.argv.slice(2));
} else {
  handOver();
}

function handOver() {
  const child = spawn(pinnedNode(), [new URL(import.meta.url).pathname, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = signal ? 128 : (code ?? 1);
  });
}

function pinnedNode() {
  const name = `node-${process.platform === 'darwin' && process.arch === 'arm64' ? 'bin-' : ''}${process.platform}-${process.arch}`;
  try {
    return createRequire(import.meta.url).resolve(`${name}/bin/node`);
  } catch {
    process.stderr.write(`ostiary needs Node 24 or newer; this is ${process.version}, and ${name} is not installed\n`);
    process.exit(1);
  }
}
