// Ends what a bench has left behind that was killed itself: it reads `+PID` and `-PID` until the bench is gone.
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { killTree } from './usage.ts';

const running = new Set<number>();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
for await (const line of createInterface(process.stdin)) {
  const pid = Number(line.slice(1));
  if (line.startsWith('+')) running.add(pid);
  else running.delete(pid);
}
for (const pid of running) killTree(pid);
const [folder] = process.argv.slice(2);
if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
