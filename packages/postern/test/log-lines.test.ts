import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { test } from 'tap';

const PROGRAM = fileURLToPath(new URL('write-lines.ts', import.meta.url));

interface Line {
  readonly level: string;
  readonly name: string;
  readonly line: number;
}

/** Throws where a line is not whole. */
function linesOf(out: string): readonly Line[] {
  return out
    .slice(0, out.endsWith('\n') ? -1 : undefined)
    .split('\n')
    .map((line) => JSON.parse(line));
}

// A pipe of the shell is one, what Node makes for a child is a socket.
for (const [what, reader] of [
  ['pipe', '| cat'],
  ['socket', ''],
] as const)
  test(`three programs that share one ${what} write whole lines, each its own in order and none lost`, async (t) => {
    const each = 3000;
    const programs = ['a', 'b', 'c'].map((name) => `"$0" "$1" ${name} ${each} 3000 & `).join('');
    const shell = spawn('sh', ['-c', `(${programs} wait) ${reader}`, process.execPath, PROGRAM], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const lines = linesOf(await text(shell.stdout));
    for (const name of ['a', 'b', 'c']) {
      const own = lines.filter((line) => line.name === name);
      t.equal(own.length, each);
      t.ok(own.every(({ level, line }, at) => level === 'info' && line === at));
    }
  });

test('a file has every line of a program that has ended', async (t) => {
  const file = join(t.testdir(), 'log');
  const descriptor = openSync(file, 'w');
  const program = spawn(process.execPath, [PROGRAM, 'a', '2000', '2000'], { stdio: ['ignore', descriptor, 'ignore'] });
  closeSync(descriptor);
  await once(program, 'close');
  const lines = linesOf(readFileSync(file, 'utf8'));
  t.same(
    lines.map(({ line }) => line),
    Array.from({ length: 2000 }, (_, at) => at),
  );
});

/** What the program says at its end. */
function endOf(said: string): { readonly dropped: number; readonly flush: number } {
  return JSON.parse(said.slice(said.indexOf('{')));
}

// Reliability, row A2: whoever collects the log stops reading. The gateway goes on, drops lines and counts them, and ends.
test('a reader of a pipe that stops reading makes nobody wait, neither requests nor the end', async (t) => {
  // The shell holds the pipe open, reads nothing, and ends with its own input.
  const command = '(exec 3>&1; { "$0" "$1" a 20000 4000 2>&3 </dev/null; } | { exec 3>&- 5<&0; cat <&4; }) 4<&0';
  const shell = spawn('sh', ['-c', command, process.execPath, PROGRAM], { stdio: ['pipe', 'pipe', 'inherit'] });
  let said = '';
  for await (const chunk of shell.stdout.setEncoding('utf8')) {
    said += String(chunk);
    if (said.includes('}')) break;
  }
  const { dropped, flush } = endOf(said);
  t.ok(dropped > 1000, `${dropped} lines dropped`);
  t.ok(flush < 5000, `the end took ${flush} ms`);
  shell.stdin.end();
  t.equal((await once(shell, 'close'))[0], 0);
});

test('the same holds for a socket, and the program ends with its reader still there', async (t) => {
  const program = spawn(process.execPath, [PROGRAM, 'a', '20000', '4000'], { stdio: ['ignore', 'pipe', 'pipe'] });
  program.stdout.pause();
  const ended = once(program, 'exit');
  const { dropped, flush } = endOf(await text(program.stderr));
  t.ok(dropped > 1000, `${dropped} lines dropped`);
  t.ok(flush < 5000, `the end took ${flush} ms`);
  t.same(await ended, [0, null]);
  program.stdout.destroy();
});

test('a reader that comes back is told how many lines it has missed', async (t) => {
  const program = spawn(process.execPath, [PROGRAM, 'a', '20000', '4000'], { stdio: ['pipe', 'pipe', 'pipe'] });
  let out = '';
  let said = '';
  program.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    if (said === '') program.stdout.resume();
    said += chunk;
  });
  program.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk;
    if (out.slice(-200).includes('nobody read it')) program.stdin.end();
  });
  program.stdout.pause();
  await once(program, 'close');
  const lines = out.slice(0, -1).split('\n');
  const told = lines.map((line): { readonly dropped?: number } => JSON.parse(line)).at(-1)?.dropped;
  t.equal(told, endOf(said).dropped);
  t.equal(lines.length - 1 + Number(told), 20_000, 'every line was written or counted');
});
