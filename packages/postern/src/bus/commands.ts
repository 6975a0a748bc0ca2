import { Option } from 'commander';
import type { Command } from 'commander';
import type { ExitCode } from '../terminal.ts';
import { EXAMPLES } from './examples.ts';
import { revisionNumber, withBusFlags, withPublishFlags } from './flags.ts';
import type { BusFlags, PublishFlags, PushFlags } from './flags.ts';
import type { StatusFlags } from './status.ts';

/** Adds the commands that speak with a fleet over the bus; each is loaded when it is asked for. */
export function addBusCommands(root: Command, end: (code: ExitCode) => void): void {
  withPublishFlags(root.command('push'))
    .description('Check a document, publish it to the fleet, and wait until every node has answered.')
    .argument('<file>', 'the document')
    .option('--server <file>', "check it under the server section of a node's own file, as that node does")
    .addHelpText('after', EXAMPLES.push)
    .action(async (file: string, flags: PushFlags) => {
      const { pushCommand } = await import('./push.ts');
      end(await pushCommand(file, flags));
    });

  withPublishFlags(root.command('rollback'))
    .description('Publish the document of an older revision again, as a new one.')
    .argument('<revision>', 'as history shows it', revisionNumber)
    .addHelpText('after', EXAMPLES.rollback)
    .action(async (revision: number, flags: PublishFlags) => {
      const { rollbackCommand } = await import('./rollback.ts');
      end(await rollbackCommand(revision, flags));
    });

  withBusFlags(root.command('status'))
    .description('Show which node runs what.')
    .addOption(new Option('--watch', 'go on showing it, until a signal').default(false))
    .addHelpText('after', EXAMPLES.status)
    .action(async (flags: StatusFlags) => {
      const { statusCommand } = await import('./status.ts');
      end(await statusCommand(flags));
    });

  addReadingCommands(root, end);
  addKeygen(root, end);
}

function addReadingCommands(root: Command, end: (code: ExitCode) => void): void {
  withBusFlags(root.command('history'))
    .description('List the revisions: who, when, what for.')
    .addHelpText('after', EXAMPLES.history)
    .action(async (flags: BusFlags) => {
      const { historyCommand } = await import('./history.ts');
      end(await historyCommand(flags));
    });

  addDiff(root, end);
  addGet(root, end);
}

function addDiff(root: Command, end: (code: ExitCode) => void): void {
  const diff = withBusFlags(root.command('diff'), { optional: true });
  diff
    .description('Show what changes from one document to another, and for whom.')
    .argument('<from>', 'a file, or a revision')
    .argument('[to]', 'a file, or a revision; absent: the newest revision')
    .addHelpText('after', EXAMPLES.diff)
    .action(async (from: string, to: string | undefined, flags: Partial<BusFlags>) => {
      const { diffCommand, namedBy } = await import('./diff.ts');
      const [one, other] = [namedBy(from), namedBy(to)];
      const { nats = '', json = false } = flags;
      if (nats === '' && (one.kind === 'revision' || other.kind === 'revision'))
        diff.error("error: required option '--nats <url>' not specified: revisions are on the bus");
      end(await diffCommand(one, other, { ...flags, nats, json }));
    });
}

function addGet(root: Command, end: (code: ExitCode) => void): void {
  withBusFlags(root.command('get'))
    .description('Write the document of a revision to standard output.')
    .argument('[revision]', 'absent: the newest', revisionNumber)
    .addHelpText('after', EXAMPLES.get)
    .action(async (revision: number | undefined, flags: BusFlags) => {
      const { getCommand } = await import('./get.ts');
      end(await getCommand(revision, flags));
    });
}

function addKeygen(root: Command, end: (code: ExitCode) => void): void {
  root
    .command('keygen')
    .description('Make a key to sign documents with.')
    .argument('[file]', 'where to write the private key', 'postern-key.pem')
    .option('--json', 'print the public key as JSON', false)
    .addHelpText('after', EXAMPLES.keygen)
    .action(async (file: string, options: { readonly json: boolean }) => {
      const { keygenCommand } = await import('./keygen.ts');
      end(await keygenCommand(file, options));
    });
}
