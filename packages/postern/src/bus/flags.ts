import { parseDuration } from '@postern/config';
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';

/** Where the fleet's documents are, and who to be there: the flags that every command of the bus has. */
export interface BusFlags {
  readonly nats: string;
  readonly bucket?: string;
  readonly key?: string;
  readonly creds?: string;
  readonly nkey?: string;
  readonly token?: string;
  readonly user?: string;
  readonly password?: string;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly inboxPrefix?: string;
  readonly json: boolean;
}

/** The flags of `postern push`. */
export interface PushFlags extends PublishFlags {
  /** The file of a node. */
  readonly server?: string;
}

/** The flags of commands that publish. */
export interface PublishFlags extends BusFlags {
  readonly expectRevision?: number;
  readonly message?: string;
  readonly author?: string;
  readonly wait: number;
  readonly sign?: string;
  readonly createBucket: boolean;
}

// The environment has the names that the command line of NATS itself reads, so that one profile serves both.
const CONNECTION = [
  new Option('--creds <file>', 'credentials file: a JWT and its seed').env('NATS_CREDS'),
  new Option('--nkey <file>', 'file of an nkey seed').env('NATS_NKEY'),
  new Option('--token <token>', 'token of the server').env('NATS_TOKEN'),
  new Option('--user <name>', 'user name').env('NATS_USER'),
  new Option('--password <password>', 'its password').env('NATS_PASSWORD'),
  new Option('--tls-ca <file>', 'authorities to trust, PEM').env('NATS_CA'),
  new Option('--tls-cert <file>', 'own certificate, PEM').env('NATS_CERT'),
  new Option('--tls-key <file>', 'its private key, PEM').env('NATS_KEY'),
  new Option('--inbox-prefix <prefix>', 'prefix of the inboxes that the account may subscribe to'),
];

/** Adds the flags of every command of the bus. */
export function withBusFlags(command: Command, { optional = false }: { readonly optional?: boolean } = {}): Command {
  command
    .addOption(
      new Option('--nats <url>', 'server, or several with commas').env('NATS_URL').makeOptionMandatory(!optional),
    )
    .addOption(new Option('--bucket <name>', 'bucket; default: postern').env('POSTERN_BUCKET').argParser(bucketName))
    .addOption(
      new Option('--key <key>', 'the fleet, its document is at config.<key>; default: postern')
        .env('POSTERN_KEY')
        .argParser(keyName),
    )
    .option('--json', 'print the answer as JSON', false);
  for (const option of CONNECTION) command.addOption(option);
  return command;
}

/** Adds the flags of commands that publish. */
export function withPublishFlags(command: Command): Command {
  return withBusFlags(command)
    .option(
      '--expect-revision <revision>',
      'publish only when this revision is still the newest; 0: when there is none',
      revisionOrZero,
    )
    .option('--message <text>', 'what for; shown by history')
    .addOption(new Option('--author <name>', 'who; default: user@host').env('POSTERN_AUTHOR'))
    .option('--wait <time>', 'how long to wait for the fleet; 0: not at all', duration, 10_000)
    .option('--create-bucket', 'make the buckets when they are not there', false)
    .option('--sign <file>', 'sign with this private key, PEM (see keygen)');
}

/** A revision on the command line. */
export function revisionNumber(text: string): number {
  const revision = revisionOrZero(text);
  if (revision === 0) throw new InvalidArgumentError('Revisions count from 1.');
  return revision;
}

function revisionOrZero(text: string): number {
  const revision = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(revision)) return revision;
  throw new InvalidArgumentError('A revision is a whole number, as history shows it.');
}

function duration(text: string): number {
  const parsed = parseDuration(/^\d+$/.test(text) ? Number(text) * 1000 : text);
  // A timer above this would run out at once.
  if (parsed !== undefined && parsed < 2 ** 31) return parsed;
  throw new InvalidArgumentError('Write for example 10s, 500ms or 2m.');
}

function bucketName(text: string): string {
  if (/^[A-Za-z0-9_-]{1,64}$/.test(text)) return text;
  throw new InvalidArgumentError('A bucket has letters, digits, _ and -.');
}

/** Also what keeps `*` and `>`, which have a meaning for NATS, out of subjects. */
function keyName(text: string): string {
  if (/^[a-z0-9][a-z0-9-]{0,62}$/.test(text)) return text;
  throw new InvalidArgumentError('A key is like any name: a-z, 0-9 and -.');
}
