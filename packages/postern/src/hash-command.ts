import { Option } from 'commander';
import type { Command } from 'commander';
import type { HashKind } from './hash.ts';
import type { ExitCode } from './terminal.ts';

interface HashFlags {
  readonly key?: true;
  readonly newKey?: true;
  readonly password?: true;
  readonly json: boolean;
}

/** Adds the command that makes of a secret what a document may hold. */
export function addHashCommand(root: Command, ended: (code: ExitCode) => void): void {
  root
    .command('hash')
    .description('Print what stands in a document for a key or a password, which is read from standard input.')
    .usage('[options]')
    .argument('[secret...]', 'none: see below')
    .addOption(new Option('--key', 'of an API key, for key-auth').conflicts(['newKey', 'password']))
    .addOption(new Option('--new-key', 'of a new random API key, which is printed too').conflicts('password'))
    .option('--password', 'of a password, for basic-auth')
    .option('--json', 'print it as data', false)
    .addHelpText('after', HELP)
    .action(async (words: readonly string[], flags: HashFlags, command: Command) => {
      // Not repeated here: what was written may be the secret.
      if (words.length > 0) command.error(`error: ${NO_ARGUMENT}`);
      const kind = kindOf(flags);
      if (kind === undefined) command.error('error: say what it is: --key, --new-key or --password');
      const { hashCommand } = await import('./hash.ts');
      ended(await hashCommand(kind, flags));
    });
}

function kindOf({ key, newKey, password }: HashFlags): HashKind | undefined {
  if (key === true) return 'key';
  if (newKey === true) return 'new-key';
  return password === true ? 'password' : undefined;
}

const NO_ARGUMENT =
  'a secret is no argument: the shell keeps it in its history, and everybody on this machine sees it while the command runs.\n' +
  'Type it when asked, or pipe it in: postern hash --key < key.txt';

const HELP = `
Examples:
  $ postern hash --new-key                    a key of 256 bits, and its digest for the document
  $ postern hash --key                        asks for a key, without showing it
  $ printf %s "$KEY" | postern hash --key     the digest of a key that there is
  $ postern hash --password < password.txt    the hash of a password

A secret is never an argument: the shell would keep it in its history, and ps would show it. One line break at the end is no part
of it.
Exit codes: 0 printed, 1 nothing to hash, 2 wrong usage.`;
