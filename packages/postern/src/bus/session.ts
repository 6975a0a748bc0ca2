import { BusError, HISTORY, NODE_TTL, openBus } from '@postern/source-nats';
import type { Bucket, Bus, BusOptions } from '@postern/source-nats';
import { complain } from '../terminal.ts';
import type { ExitCode } from '../terminal.ts';
import type { BusFlags } from './flags.ts';

/** An open connection to the bucket of a fleet. */
export interface Session {
  readonly bus: Bus;
  readonly bucket: Bucket;
  /** The fleet, as in `server.source.nats.key`. */
  readonly key: string;
  /** Where its documents are: `config.<key>`. */
  readonly subject: string;
}

/** Where a command stands that cannot go on: what is wrong and how to mend it. */
export class CommandFailed extends Error {
  readonly fix: string;

  constructor(message: string, fix: string) {
    super(message);
    this.name = 'CommandFailed';
    this.fix = fix;
  }
}

// As in a server section that names neither.
const DEFAULT_BUCKET = 'postern';
const DEFAULT_KEY = 'postern';

/** Opens the bucket, does the work, closes. What fails on the way is said in words, and is exit code 1. */
export async function withSession(
  flags: BusFlags & { readonly createBucket?: boolean },
  work: (session: Session) => Promise<ExitCode>,
): Promise<ExitCode> {
  try {
    const bus = await openBus(optionsOf(flags));
    try {
      const { bucket = DEFAULT_BUCKET, key = DEFAULT_KEY } = flags;
      const opened = await (flags.createBucket === true ? makeBuckets(bus, bucket) : bus.bucket(bucket));
      return await work({ bus, bucket: opened, key, subject: `config.${key}` });
    } finally {
      await bus.close();
    }
  } catch (error) {
    const { message, fix } = failureOf(error);
    complain(`postern: ${message}\n  fix: ${fix}`);
    return 1;
  }
}

/** As nodes make them that may. */
async function makeBuckets(bus: Bus, name: string): Promise<Bucket> {
  await bus.bucket(`${name}-nodes`, { history: 1, ttl: NODE_TTL });
  return bus.bucket(name, { history: HISTORY });
}

function optionsOf(flags: BusFlags): BusOptions {
  const { servers, user, password } = serversOf(flags);
  const { creds, nkey, token, tlsCa, tlsCert, tlsKey, inboxPrefix } = flags;
  return {
    servers,
    name: 'postern command',
    ...(creds === undefined ? {} : { credentials: creds }),
    ...(nkey === undefined ? {} : { nkey }),
    ...(token === undefined ? {} : { token }),
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    ...(inboxPrefix === undefined ? {} : { inboxPrefix }),
    ...((tlsCa ?? tlsCert ?? tlsKey) === undefined
      ? {}
      : {
          tls: {
            ...(tlsCa === undefined ? {} : { ca: tlsCa }),
            ...(tlsCert === undefined ? {} : { cert: tlsCert }),
            ...(tlsKey === undefined ? {} : { key: tlsKey }),
          },
        }),
  };
}

/** A user in the URL, as people write it for other NATS programs, is taken out of it: the client would pass it on unread. */
function serversOf(flags: BusFlags): {
  servers: readonly string[];
  user: string | undefined;
  password: string | undefined;
} {
  let { user, password } = flags;
  const servers = flags.nats.split(',').map((text) => {
    const written = text.trim();
    const url = written.includes('://') ? written : `nats://${written}`;
    if (!URL.canParse(url)) return written;
    const parsed = new URL(url);
    if (parsed.username !== '') {
      user ??= decodeURIComponent(parsed.username);
      password ??= decodeURIComponent(parsed.password);
    }
    return `${parsed.protocol}//${parsed.host}`;
  });
  return { servers, user, password };
}

function failureOf(error: unknown): { readonly message: string; readonly fix: string } {
  if (error instanceof CommandFailed) return error;
  if (!(error instanceof BusError)) {
    const message = error instanceof Error ? error.message : String(error);
    const missing = error instanceof Error && 'code' in error && 'path' in error;
    return { message, fix: missing ? 'name a file that is there' : 'report this as a bug, with the command' };
  }
  return { message: error.message, fix: FIXES[error.kind] };
}

const FIXES: Readonly<Record<BusError['kind'], string>> = {
  unreachable: 'start the server, or name another with --nats',
  denied: 'give the account this right (docs/push.md lists all), or be another with --creds, --nkey, --token or --user',
  unusable:
    'name a file that is there and is what it should be with --creds, --nkey, --tls-ca, --tls-cert and --tls-key',
  tls: 'name the authority of the server with --tls-ca, and what it asks of its clients with --tls-cert and --tls-key',
  'no-bucket':
    'start a node that follows it, which makes it, make it with push --create-bucket, or name another with --bucket',
  unavailable: 'start the server with -js; in a cluster, see that most of its servers run',
  conflict: 'see what came in between with postern history, then push again',
  other: 'see the log of the NATS server',
};
