// Loaded before the program: SIGWINCH writes a line with the longest turn of its event loop since the last one, in
// milliseconds, and with what is left on its heap after a collection, buffers included, in bytes.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect: unknown = runInNewContext('gc');
const delays = monitorEventLoopDelay({ resolution: 1 });
delays.enable();
process.on('SIGWINCH', () => {
  const longestTurn = delays.max / 1e6;
  if (typeof collect === 'function') collect();
  const { heapUsed, external } = process.memoryUsage();
  console.error(JSON.stringify({ figures: { longestTurn, kept: heapUsed + external } }));
  // The collection is a long turn of its own: it ends before the count begins anew.
  setTimeout(() => delays.reset(), 50);
});
