import { test } from 'tap';
import { run } from '../../packages/postern/test/spawn.ts';
import { blocks } from './blocks.ts';

test('the commands of docs/explain.md print what the page says', async (t) => {
  const page = blocks().filter(({ page }) => page === 'docs/explain.md');
  const [document] = page.filter(({ language }) => language === 'yaml');
  const cwd = t.testdir({ 'gateway.yaml': document?.text ?? '' });
  const examples = page.filter(({ language }) => language === 'console');
  t.equal(examples.length, 2);
  for (const { text, line } of examples) {
    const [command = '', ...output] = text.trimEnd().split('\n');
    const words = [...command.replace(/^\$ postern /, '').matchAll(/'([^']*)'|(\S+)/g)];
    const { code, out } = await run(
      words.map(([, quoted, plain]) => quoted ?? plain ?? ''),
      { cwd },
    );
    t.equal(code, 0);
    t.equal(out.trimEnd(), output.join('\n'), `docs/explain.md:${line}`);
  }
});
