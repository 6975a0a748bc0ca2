import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { tryPlugin } from '@postern/kit/testkit';
import basicAuth from '@postern/plugin-basic-auth';
import { test } from 'tap';
import { run, start } from './spawn.ts';

const PROGRAM = fileURLToPath(new URL('../bin/postern.mjs', import.meta.url));

/** Runs the program with that on its standard input. */
async function hash(
  words: readonly string[],
  input: string | Uint8Array = '',
): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
  const { child, ended, out, err } = start(['hash', ...words], { cwd: process.cwd() });
  // It may end before it has read all of what is too long.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(input);
  return { code: await ended, out: out(), err: err() };
}

const sha256 = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

test('the digest of a key is that of its bytes, without the line break at the end', async (t) => {
  for (const [input, key] of [
    ['s3cret', 's3cret'],
    ['s3cret\n', 's3cret'],
    ['s3cret\r\n', 's3cret'],
    [' s3cret ', ' s3cret '],
    ['gr\u00fcn', 'gr\u00fcn'],
  ] as const) {
    t.strictSame(await hash(['--key'], input), { code: 0, out: `${sha256(key)}\n`, err: '' });
  }
  t.strictSame(await hash(['--key', '--json'], 's3cret'), {
    code: 0,
    out: `{"digest":"${sha256('s3cret')}"}\n`,
    err: '',
  });
});

test('a new key has 256 bits, is another each time, and comes with its digest', async (t) => {
  const { code, out, err } = await hash(['--new-key']);
  const [, key = '', digest] = /^key: {4}([\w-]{43})\ndigest: (sha256:[0-9a-f]{64})\n$/.exec(out) ?? [];
  t.same([code, digest], [0, sha256(key)]);
  t.match(err, /shown nowhere again/);
  const again = await hash(['--new-key', '--json']);
  const shown: { key: string; digest: string } = JSON.parse(again.out);
  t.equal(shown.digest, sha256(shown.key));
  t.not(shown.key, key);
});

test('the hash of a password is one that basic-auth takes, and another each time', async (t) => {
  const first = await hash(['--password'], 'pa:ss\n');
  t.match(first, { code: 0, out: /^scrypt:N=16384:r=8:p=5:[\w-]{22}:[\w-]{43}\n$/, err: '' });
  const second = await hash(['--password', '--json'], 'pa:ss');
  const { hash: password }: { hash: string } = JSON.parse(second.out);
  t.not(password, first.out.trim());
  const consumers = [{ name: 'ann', credentials: [{ username: 'ann', password }] }];
  const tried = tryPlugin(basicAuth, { consumers, timeout: '60s' });
  t.same(tried.issues, []);
  const authorization = `Basic ${Buffer.from('ann:pa:ss').toString('base64')}`;
  t.equal((await tried.send({ headers: { authorization } })).status, 200);
});

test('a secret is never an argument, and is not repeated by the message that says why', async (t) => {
  for (const words of [['--key', 's3cret'], ['s3cret'], ['--password', 's3cret', 'more']]) {
    const { code, out, err } = await hash(words);
    t.same([code, out], [2, '']);
    t.match(err, /a secret is no argument: the shell keeps it in its history/);
    t.notMatch(err, 's3cret');
  }
});

test('wrong usage and what no request could carry are said', async (t) => {
  t.match(await hash([]), { code: 2, err: /say what it is: --key, --new-key or --password/ });
  t.match(await hash(['--key', '--password']), { code: 2, err: /cannot be used with/ });
  t.match(await hash(['--new-key', '--password']), { code: 2, err: /cannot be used with/ });
  t.match(await hash(['--key'], '\n'), { code: 1, out: '', err: /it is empty\n {2}fix: / });
  t.match(await hash(['--key'], 'a\nb\n'), { code: 1, out: '', err: /a line break or a control character/ });
  t.match(await hash(['--key'], Buffer.from([0xff])), { code: 1, out: '', err: /it is not UTF-8/ });
  t.match(await hash(['--key'], 'x'.repeat(1025)), { code: 1, out: '', err: /more than 1024 bytes/ });
  t.match(await hash(['--key'], 'x'.repeat(200_000)), { code: 1, out: '', err: /more than 1024 bytes/ });
  t.match(await run(['hash', '--help'], { cwd: process.cwd() }), { code: 0, out: /Examples:\n {2}\$ postern hash/ });
});

/** Runs the command on a terminal of its own (`script` makes one), types the lines as they are asked for, and gives all it showed. */
async function onTerminal(lines: readonly string[]): Promise<string> {
  const child = spawn('script', ['-qec', `'${process.execPath}' '${PROGRAM}' hash --key`, '/dev/null'], {
    env: { ...process.env, TERM: 'dumb' },
  });
  const left = [...lines];
  let shown = '';
  let asked = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
    const prompts = shown.match(/key(?: again)?: /g)?.length ?? 0;
    while (asked < prompts) {
      asked += 1;
      child.stdin.write(left.shift() ?? '');
    }
  });
  await new Promise<void>((resolve) => void child.once('close', () => resolve()));
  return shown;
}

const hasScript = await new Promise<boolean>((resolve) => {
  execFile('script', ['--version'], (error) => resolve(error === null));
});

test('on a terminal it asks twice and shows nothing', { skip: !hasScript }, async (t) => {
  const same = await onTerminal(['s3cretX\u007f\r', 's3cret\r']);
  t.match(same, sha256('s3cret'));
  t.notMatch(same, /s3cret/);
  const slip = await onTerminal(['s3cret\r', 's3crte\r']);
  t.match(slip, 'the two are not the same');
  t.notMatch(slip, /sha256:|s3cr/);
  t.match(await onTerminal(['s3c\u0003']), 'nothing was read');
});
