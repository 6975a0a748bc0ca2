import { Command, InvalidArgumentError } from 'commander';
import { HeaderList } from '@postern/model';
import { addBusCommands } from './bus/commands.ts';
import type { CheckFlags } from './check.ts';
import { addDecisionCommands } from './decision-commands.ts';
import { addHashCommand } from './hash-command.ts';
import { labelFlag } from './labels.ts';
import type { WantedLabel } from './labels.ts';
import type { Probe } from './plan.ts';
import type { ExitCode } from './terminal.ts';
import type { TestOptions } from './test.ts';
import { version } from './version.ts';

const DEFAULT_FILE = 'gateway.yaml';

/**
 * Reads a command line and runs it. Rejects with commander's own error on wrong usage, help and version. Each command is
 * loaded when it is asked for: help should not wait for a gateway.
 */
export async function program(argv: readonly string[]): Promise<ExitCode> {
  let code: ExitCode = 0;
  const root = new Command('postern')
    .description('A declarative API gateway: policies, attached to API groups, run in the order you wrote.')
    .version(version)
    .exitOverride()
    .showHelpAfterError('(postern --help shows what there is)')
    .addHelpText('after', EXAMPLES.root);

  root
    .command('run')
    .description('Run the gateway, and reload when the file changes.')
    .argument('[file]', 'the document', DEFAULT_FILE)
    .addHelpText('after', EXAMPLES.run)
    .action(async (file: string) => {
      const { runCommand } = await import('./run.ts');
      code = await runCommand(file);
    });

  root
    .command('check')
    .description('Check documents the whole way, without serving them.')
    .argument('[file...]', 'the documents', [DEFAULT_FILE])
    .option('--json', 'print the issues as one JSON array', false)
    .option('--server <file>', "check them as documents from the bus, under the server section of a node's own file")
    .option('--strict', 'warnings are errors', false)
    .addHelpText('after', EXAMPLES.check)
    .action(async (files: readonly string[], options: CheckFlags) => {
      const { checkCommand } = await import('./check.ts');
      code = await checkCommand(files, options);
    });

  root
    .command('plan')
    .description('Print which policies run on each route, and in which order.')
    .usage('[options] [file] [METHOD URL]')
    .argument('[what...]', 'the document, and a request to look up')
    .option('-H, --header <line...>', "a header of the request to look up: 'Name: value'", [])
    .addOption(labelFlag('only routes with these labels, or with a policy that has them'))
    .option('--json', 'print an array of routes with their policies', false)
    .addHelpText('after', EXAMPLES.plan)
    .action(async (what: readonly string[], options: PlanOptions, command: Command) => {
      const { file, probe } = planArguments(what, options, command);
      const { planCommand } = await import('./plan.ts');
      code = await planCommand(file, { probe, labels: options.label, json: options.json });
    });

  addDecisionCommands(root, (ended) => (code = ended));

  root
    .command('test')
    .description('Run the tests of a document.')
    .argument('[file]', 'the document', DEFAULT_FILE)
    .option('--json', 'print the tests and their coverage as data', false)
    .option('--min-coverage <percent>', 'fail when the tests come to less of the policies and conditions', percent)
    .addHelpText('after', EXAMPLES.test)
    .action(async (file: string, options: TestOptions) => {
      const { testCommand } = await import('./test.ts');
      const { json, minCoverage } = options;
      code = await testCommand(file, { json, minCoverage });
    });

  root
    .command('init')
    .description('Write a small commented document to begin with.')
    .argument('[file]', 'where to write it', DEFAULT_FILE)
    .option('--force', 'overwrite the file when there is one', false)
    .addHelpText('after', EXAMPLES.init)
    .action(async (file: string, options: { readonly force: boolean }) => {
      const { initCommand } = await import('./init.ts');
      code = await initCommand(file, options);
    });

  root
    .command('new')
    .description('Write a folder to begin with.')
    .command('plugin')
    .description('Write a folder with a plugin that works, its tests and its README.')
    .argument('<name>', 'of the plugin, and of the folder')
    .option('--js', 'in JavaScript; default: TypeScript', false)
    .addHelpText('after', EXAMPLES.newPlugin)
    .action(async (name: string, { js }: { readonly js: boolean }, command: Command) => {
      const { newPluginCommand, refusedName } = await import('./new-plugin.ts');
      const { builtinPlugins } = await import('./plugins.ts');
      const refused = refusedName(
        name,
        builtinPlugins.map((plugin) => plugin.name),
      );
      if (refused !== undefined) command.error(`error: no plugin can be named ${JSON.stringify(name)}. ${refused}`);
      code = await newPluginCommand({ name, js });
    });

  addHashCommand(root, (ended) => (code = ended));
  addBusCommands(root, (ended) => (code = ended));

  await root.parseAsync(argv);
  return code;
}

/** `[file] [METHOD URL]`: one word is a file, two are a request, three are both. */
function planArguments(
  words: readonly string[],
  options: PlanOptions,
  command: Command,
): { readonly file: string; readonly probe: Probe | undefined } {
  if (words.length > 3) command.error(`error: too many arguments: ${words.join(' ')}`);
  const [method, url] = words.slice(-2);
  if (words.length < 2 || method === undefined || url === undefined)
    return { file: words[0] ?? DEFAULT_FILE, probe: undefined };
  if (!URL.canParse(url)) {
    const word = /^[A-Z]+$/.test(url)
      ? `${url} looks like a method: name its URL too, as in ${url}`
      : `${url} is no URL: write`;
    command.error(`error: ${word} http://host/path`);
  }
  const headers = HeaderList.from(Object.fromEntries(options.header.map((line) => headerOf(line, command))));
  return {
    file: words.length === 3 ? (words[0] ?? DEFAULT_FILE) : DEFAULT_FILE,
    probe: { method, url: new URL(url), headers },
  };
}

function percent(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 100) return value;
  throw new InvalidArgumentError('Write a number from 0 to 100.');
}

interface PlanOptions {
  readonly json: boolean;
  readonly header: readonly string[];
  readonly label: readonly WantedLabel[];
}

function headerOf(line: string, command: Command): readonly [name: string, value: string] {
  const colon = line.indexOf(':');
  if (colon < 1) command.error(`error: ${line} is no header: write 'Name: value'`);
  return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
}

const EXIT_CODES = 'Exit codes: 0 clean, 1 issues or failure, 2 wrong usage.';

const EXAMPLES = {
  root: `
Examples:
  $ postern init                 write a small gateway.yaml
  $ postern check                is it sound?
  $ postern plan                 what runs where?
  $ postern test                 do its policies do what they should?
  $ postern explain GET http://localhost:8080/hello
                                 what happens to this request, and why?
  $ postern run                  serve
  $ postern push gateway.yaml    publish it to a fleet

${EXIT_CODES}`,
  run: `
Examples:
  $ postern run                             run gateway.yaml of this folder
  $ postern run shop.yaml                   run another document
  $ POSTERN_LOG_LEVEL=warn postern run      without a line per request

SIGTERM and SIGINT drain: what is in flight ends, then the exit code is 0. A second signal ends at once.`,
  check: `
Examples:
  $ postern check                           check gateway.yaml of this folder
  $ postern check a.yaml b.yaml             check several
  $ postern check live.yaml --server node.yaml   would the node with this file take it from the bus?
  $ postern check --strict                  in CI: what lint says refuses too (docs/lint.md)
  $ postern check --json | jq '.[].code'    issues as data

${EXIT_CODES}`,
  plan: `
Examples:
  $ postern plan                                          every route of gateway.yaml
  $ postern plan shop.yaml --json                         as data
  $ postern plan GET http://shop.example.com/shop/items   the route that takes this request

${EXIT_CODES}`,
  test: `
Examples:
  $ postern test                            run the tests of gateway.yaml
  $ postern test shop.yaml --json           as data
  $ postern test --min-coverage 80          ask for tests

${EXIT_CODES}`,
  init: `
Examples:
  $ postern init                  write gateway.yaml
  $ postern init shop.yaml        write another file
  $ postern init --force          overwrite it`,
  newPlugin: `
Examples:
  $ postern new plugin my-policy        write my-policy/, in TypeScript
  $ postern new plugin my-policy --js   in JavaScript

docs/writing-a-plugin.md goes on from there.
${EXIT_CODES}`,
} as const;
