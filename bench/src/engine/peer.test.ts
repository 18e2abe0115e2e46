import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { startPeer, type Peer } from './peer.ts';

/** A host that is a few lines of JavaScript; `answer` is what it says to each count. */
function host(answer: string, greeting = `say('{"readyMs":3,"answer":"7b7d"}');`): Promise<Peer> {
  const script = `
    const say = (line) => process.stdout.write(line + '\\n');
    ${greeting}
    require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => { ${answer} });`;
  return startPeer({ command: process.execPath, args: ['-e', script], timeoutMs: 5000 });
}

suite('a host in a process of its own', () => {
  test('answers each count with its times', async (t) => {
    const peer = await host(`say(JSON.stringify({ wallMicros: 10 * line, cpuMicros: 7 * line }));`);
    t.after(() => peer.close());
    assert.equal(peer.readyMs, 3);
    assert.equal(Buffer.from(peer.answer).toString(), '{}');
    assert.deepEqual(await peer.run(5), { wallMicros: 50, cpuMicros: 35 });
    assert.deepEqual(await peer.run(1), { wallMicros: 10, cpuMicros: 7 });
  });

  test('that ends is an error with what it said', async () => {
    const peer = await host(`console.error('the answer changed'); process.exit(1);`);
    await assert.rejects(peer.run(1), /the host ended \(1\): the answer changed/);
  });

  test('that ends before it is ready is an error as well', async () => {
    await assert.rejects(
      host('', `console.error('no such module'); process.exit(2);`),
      /the host ended \(2\): no such module/,
    );
  });

  test('that says nothing is ended', async () => {
    const started = startPeer({
      command: process.execPath,
      args: ['-e', 'setInterval(() => 0, 1000)'],
      timeoutMs: 300,
    });
    await assert.rejects(started, /the host ended \(SIGKILL\)/);
  });

  test('that can not be started is an error', async () => {
    await assert.rejects(startPeer({ command: '/no/such/program', args: [], timeoutMs: 5000 }), /ENOENT/);
  });
});
