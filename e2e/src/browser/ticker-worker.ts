import { controlOf, createTicker, TICK_MS } from '@ostiary/sandbox';

/** The worker that keeps the time for the one that runs guests, until the page goes. */
addEventListener('message', ({ data }: MessageEvent<WebAssembly.Memory>) => {
  const tick = createTicker([controlOf(data)]);
  const pause = new Int32Array(new SharedArrayBuffer(4));
  self.postMessage('ticking');
  for (;;) {
    tick(performance.now());
    Atomics.wait(pause, 0, 0, TICK_MS);
  }
});
