import type { Command } from 'commander';
import { explainedRequest } from './explain-request.ts';
import type { ExplainOptions } from './explain-request.ts';
import type { ExitCode } from './terminal.ts';

const DEFAULT_FILE = 'gateway.yaml';

/** Adds the commands about single requests: what would become of one, and what became of one. */
export function addDecisionCommands(root: Command, ended: (code: ExitCode) => void): void {
  root
    .command('explain')
    .description('Print the decision for one request, without sending it: route, policies, answer, and why.')
    .usage('[options] [file] METHOD URL')
    .argument('<what...>', 'the document, and the request')
    .option('-H, --header <line>', "a header of the request: 'Name: value'; as often as needed", collect, [])
    .option('--data <body>', 'the body of the request')
    .option('--from <ip>', 'the address that the request comes from', '127.0.0.1')
    .option('--http <version>', '1.0, 1.1 or 2', '1.1')
    .option('--json', 'print the decision as data', false)
    .addHelpText('after', EXPLAIN)
    .action(async (what: readonly string[], options: ExplainOptions, command: Command) => {
      const [method, url] = what.slice(-2);
      if (what.length > 3) command.error(`error: too many arguments: ${what.join(' ')}`);
      if (method === undefined || url === undefined) {
        command.error('error: name a method and a URL: postern explain GET http://host/path');
      }
      const request = usage(command, () => explainedRequest(method, url, options));
      const { explainCommand } = await import('./explain.ts');
      const file = what.length === 3 ? (what[0] ?? DEFAULT_FILE) : DEFAULT_FILE;
      ended(await explainCommand(file, { request, json: options.json }));
    });

  root
    .command('replay')
    .description('Decide a recorded request again, under its own document or a candidate, and print what differs.')
    .argument('<decision>', 'a decision of a running gateway: GET /api/v1/decisions/<id>')
    .option('--config <file>', 'the document; absent: the file that the record names')
    .option('--json', 'print the differences as data', false)
    .addHelpText('after', REPLAY)
    .action(async (decision: string, options: { readonly config?: string; readonly json: boolean }) => {
      const { replayCommand } = await import('./replay.ts');
      ended(await replayCommand(decision, options));
    });
}

function collect(line: string, before: readonly string[]): readonly string[] {
  return [...before, line];
}

/** What a reader of arguments refuses is wrong usage. */
function usage<Value>(command: Command, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) command.error(`error: ${error.message}`);
    throw error;
  }
}

const REPLAY = `
Examples:
  $ curl -s http://127.0.0.1:9901/api/v1/decisions/<id> > decision.json
  $ postern replay decision.json                            is it decided the same again?
  $ postern replay decision.json --config candidate.yaml    what would the candidate decide?

Credentials, values of queries and bodies are not kept: under another document, the verdict of a policy that reads one is
unknown, and so is one that asks what was not asked then.
Exit codes: 0 identical, 1 differences or failure, 2 wrong usage.`;

const EXPLAIN = `
Examples:
  $ postern explain GET http://shop.example.com/shop/items
  $ postern explain shop.yaml GET http://shop.example.com/shop/items -H 'Origin: https://evil.example'
  $ postern explain POST http://shop.example.com/shop/items --data '{"id":1}' --from 203.0.113.9 --json

A refusal is an answer: the exit code is 0. Policies that would ask another service show what they would ask.
Exit codes: 0 explained, 1 the document has errors, 2 wrong usage.`;
