// Follows the tutorial of docs/writing-a-plugin.md to the letter, in an empty folder, with packages as they would be published.
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'tap';
import type { Test } from 'tap';
import { freePort } from '../kit/free-port.ts';
import { userFolder } from '../kit/published.ts';
import type { UserFolder } from '../kit/published.ts';
import { until } from '../kit/until.ts';
import { blocks } from './blocks.ts';
import type { Block } from './blocks.ts';

const PAGE = 'docs/writing-a-plugin.md';
const end = readFileSync(PAGE, 'utf8').split('\n').indexOf('## The contract');
const all = blocks().filter(({ page }) => page === PAGE);
const steps = all.filter(({ line }) => line < end);

/** Where the user is, and the port that stands for 8080. */
interface Place {
  readonly user: UserFolder;
  readonly port: number;
  cwd: string;
}

test('the tutorial does what it says, step by step', async (t) => {
  const user = await userFolder(t);
  const place: Place = { user, port: await freePort(), cwd: user.folder };
  t.ok(steps.length >= 14, `${steps.length} steps`);
  for (const step of steps) await follow(t, place, step);
  const [, shown] = /```yaml\n([^]*?)```/.exec(readFileSync(join(user.folder, 'my-policy/README.md'), 'utf8')) ?? [];
  t.equal(shown, steps.find(({ mark }) => mark === 'file gateway.yaml')?.text, 'its README has the same document');
  t.ok(existsSync(join(user.folder, 'node_modules/postern-plugin-my-policy/dist/index.js')), 'the package is built');

  // The examples of the contract hold to its types as well; writing-a-plugin.test.ts runs them.
  const examples = all.filter(({ mark }) => mark.startsWith('example '));
  for (const { mark, text } of examples)
    writeFileSync(join(user.folder, 'my-policy/src', `${mark.slice('example '.length)}.ts`), text);
  t.ok(examples.length >= 6);
  await user.run('npm run types', join(user.folder, 'my-policy'));
});

async function follow(t: Test, place: Place, step: Block): Promise<void> {
  const { language, mark, line } = step;
  const text = step.text.replaceAll(':8080', `:${place.port}`);
  const [how = '', file = ''] = language === 'diff' ? ['diff', mark] : mark.split(' ');
  const at = join(place.user.folder, file);
  const name = `${PAGE}:${line}`;
  if (how === 'file') writeFileSync(at, text);
  else if (how === 'append') appendFileSync(at, text);
  else if (how === 'diff') writeFileSync(at, edited(readFileSync(at, 'utf8'), text, name));
  else if (how === 'serve') await serve(place);
  else if (language === 'console') await converse(t, { place, text, name, fails: how === 'fails' });
  else if (language === 'sh') {
    const said = await place.user.run(`${text}\npwd`, place.cwd);
    place.cwd = resolve(
      said
        .trimEnd()
        .split('\n')
        .find((one) => one.startsWith(place.user.folder)) ?? place.cwd,
    );
    t.pass(`${name} runs`);
  } else t.fail(`nobody knows what to do with ${name}`);
}

/** Lines with a minus go, lines with a plus come; what stands around them has to be there, once. */
function edited(before: string, diff: string, name: string): string {
  const lines = diff.trimEnd().split('\n');
  const side = (sign: string): string =>
    lines.flatMap((one) => (one.startsWith(sign) || one.startsWith(' ') ? [`${one.slice(1)}\n`] : [])).join('');
  const parts = before.split(side('-'));
  if (parts.length !== 2) throw new Error(`${name} does not fit, or fits ${parts.length - 1} times`);
  return parts.join(side('+'));
}

async function converse(
  t: Test,
  { place, text, name, fails }: { place: Place; text: string; name: string; fails: boolean },
): Promise<void> {
  for (const part of text.split(/^(?=\$ )/m)) {
    const [command = '', ...output] = part.trimEnd().split('\n');
    const line = command.slice(2);
    const said = await place.user.run(fails ? `! ${line} 2>&1` : `${line} 2>&1`, place.cwd);
    t.equal(said.trimEnd(), output.join('\n').trimEnd(), `${name}: ${line}`);
  }
}

/** Runs the gateway by the program that npx runs: a signal that npx gets does not reach what it has started. */
async function serve({ user, port }: Place): Promise<void> {
  user.start('node_modules/.bin/postern run').stdout?.resume();
  await until(
    async () => (await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined))?.status === 200,
    'the gateway of the tutorial does not serve',
  );
}
