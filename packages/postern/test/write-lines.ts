// A program that writes a log: `write-lines.ts NAME LINES BYTES`. Says `written` on standard error, stays until its input ends,
// and then says as JSON how many lines were dropped and how long the last moment took.
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { openLog } from '../src/log.ts';

const [name = '', lines = '', bytes = ''] = process.argv.slice(2);
const log = openLog({ level: 'info', pretty: false });
for (let line = 0; line < Number(lines); line += 1) {
  // Lengths of all kinds, and text beyond one byte a character.
  log.write({ time: 't', name, line, text: 'ä\n"'.repeat((line * 7919) % (Number(bytes) / 6)) });
  if (line % 100 === 99) await delay(1);
}
console.error('written');
process.stdin.resume();
await once(process.stdin, 'end');
const begun = performance.now();
log.flush();
console.error(JSON.stringify({ dropped: log.dropped?.(), flush: performance.now() - begun }));
process.exit(0);
