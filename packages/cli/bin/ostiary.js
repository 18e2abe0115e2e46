#!/usr/bin/env node
// Starts the command on a Node that runs TypeScript sources. An older system Node hands over to the one that npm
// installed beside the project, so that what is on the machine does not matter.
import { spawn } from 'node:child_process';
import module from 'node:module';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import v8 from 'node:v8';

const MAIN = new URL('../src/main.ts', import.meta.url);
/** What the project is tested on; earlier ones lack functions that it uses. */
const NEEDED = 26;
/** How a shell reports a program that SIGPIPE ended. */
const NOBODY_READS = 128 + 13;
const [major = 0] = process.versions.node.split('.').map(Number);

if (major >= NEEDED) {
  // A young collection takes half a millisecond alone; with helpers it waits for each of them to get a core, and a server
  // whose cores are busy stood still for ten. V8 looks at this flag at every collection, so that it can still be set here.
  v8.setFlagsFromString('--no-parallel-scavenge');
  // Keeps what stripping types and compiling costs from one start to the next, for this thread and those it starts; a
  // folder that can't be written is no problem.
  process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('../../../node_modules/.cache/ostiary', import.meta.url));
  module.enableCompileCache(process.env.NODE_COMPILE_CACHE);
  // `ostiary docs | head` ends with its reader, without a stack trace.
  process.stdout.on('error', (error) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(NOBODY_READS);
  });
  const { main } = await import(MAIN.href);
  // The name is for this process alone, not for what it starts.
  const program = process.env.OSTIARY_PROGRAM === 'kwctl' ? 'kwctl' : 'ostiary';
  delete process.env.OSTIARY_PROGRAM;
  process.exitCode = await main(process.argv.slice(2), { program });
} else {
  handOver();
}

function handOver() {
  const child = spawn(pinnedNode(), [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = signal ? 128 : (code ?? 1);
  });
}

function pinnedNode() {
  const name = `node-${process.platform === 'darwin' && process.arch === 'arm64' ? 'bin-' : ''}${process.platform}-${process.arch}`;
  try {
    return module.createRequire(import.meta.url).resolve(`${name}/bin/node`);
  } catch {
    process.stderr.write(
      `ostiary needs Node ${NEEDED} or newer; this is ${process.version}, and ${name} is not installed\n`,
    );
    process.exit(1);
  }
}
