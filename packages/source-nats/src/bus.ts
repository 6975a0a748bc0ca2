// The one file that knows the client library: its types end here.
import {
  DiscardPolicy,
  ErrorCode,
  Events,
  NatsError,
  connect,
  consumerOpts,
  credsAuthenticator,
  headers as newHeaders,
  nanos,
  nkeyAuthenticator,
} from 'nats';
import type { ConnectionOptions, JetStreamClient, JetStreamManager, MsgHdrs } from 'nats';
import { backoff } from './backoff.ts';
import { BusError } from './bucket.ts';
import type { Bucket, Bus, Change, Entry } from './bucket.ts';
import { explain, rethrow, toBusError } from './failure.ts';
import { readIdentity } from './identity.ts';
import type { Identity } from './identity.ts';
import { tlsOptions } from './tls.ts';

/** Where NATS servers are, and who to be there: credentials, nkey, token or user, one of them or none. */
export interface BusOptions {
  readonly servers: readonly string[];
  /** Shown by the server's own monitoring. */
  readonly name: string;
  /** PEM files. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string } | undefined;
  /** Path of a credentials file. */
  readonly credentials?: string | undefined;
  /** Path of a file with an nkey seed. */
  readonly nkey?: string | undefined;
  readonly token?: string | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** For accounts that may subscribe below a prefix of their own only; default `_INBOX`. */
  readonly inboxPrefix?: string | undefined;
  /** Milliseconds that a reading may take; default 5 s. */
  readonly readTimeout?: number;
}

/** Milliseconds that a publication may take, and between two pings; until a server has greeted, over a slow line too. */
const [TIMEOUT, GREETING] = [5000, 10_000];
const OPERATION = 'KV-Operation';
const NO_MESSAGE = 10037;

/**
 * Connects, or rejects with `BusError`: trying again is the caller's. Once connected, it reconnects for ever, and reads the
 * files that say who to be, and those of TLS, again each time.
 */
export async function openBus(options: BusOptions): Promise<Bus> {
  const delays = backoff();
  const where = options.servers.join(', ');
  const identity = await identityOf(options);
  const turnedAway = (error: unknown): BusError =>
    explain(toBusError(where, error), {
      where,
      tls: tlsOptions(options) !== undefined,
      expiry: identity?.expiry() ?? '',
    });
  const delay = (): number => {
    void identity?.renew();
    return delays.next();
  };
  const connection = await connect(connectionOptions(options, identity, delay)).catch((error: unknown) => {
    throw turnedAway(error);
  });
  const jetstream = connection.jetstream({ timeout: TIMEOUT });
  // `false`: asking for the account's figures needs a right of its own that nothing here has a use for.
  const manager = await connection.jetstream({ timeout: options.readTimeout ?? TIMEOUT }).jetstreamManager(false);
  return {
    serverVersion: connection.info?.version ?? 'unknown',
    bucket: (name, create) => openBucket({ jetstream, manager, name, stream: `KV_${name}` }, create),
    async *changes(): AsyncGenerator<Change, void, undefined> {
      for await (const { type, data } of connection.status()) {
        if (type === Events.Reconnect) delays.reset();
        if (type === Events.Disconnect) yield { kind: 'disconnected' };
        else if (type === Events.Reconnect) yield { kind: 'reconnected' };
        else if (type === Events.Error && typeof data === 'string' && TURNED_AWAY.has(data))
          yield { kind: 'turned-away', error: turnedAway(new NatsError(data, data)) };
      }
      yield { kind: 'closed' };
    },
    close: () => connection.close(),
  };
}

const TURNED_AWAY = new Set<string>([
  ErrorCode.AuthorizationViolation,
  ErrorCode.AuthenticationExpired,
  ErrorCode.AccountExpired,
]);

function connectionOptions(
  options: BusOptions,
  identity: Identity | undefined,
  delay: () => number,
): ConnectionOptions {
  const { servers, name, inboxPrefix, token, user, password } = options;
  const tls = tlsOptions(options);
  return {
    servers: [...servers],
    name,
    timeout: GREETING,
    pingInterval: TIMEOUT,
    maxPingOut: 2,
    maxReconnectAttempts: -1,
    reconnectDelayHandler: delay,
    // Rights that were taken away may come back: giving up on them would leave the node deaf until a restart.
    ignoreAuthErrorAbort: true,
    ...(identity && { authenticator: authenticators(options)(() => identity.current()) }),
    ...(identity === undefined && token !== undefined && { token }),
    ...(identity === undefined && token === undefined && user !== undefined && { user, pass: password ?? '' }),
    ...(tls && { tls }),
    ...(inboxPrefix && { inboxPrefix }),
  };
}

function authenticators({ credentials }: BusOptions): typeof credsAuthenticator {
  return credentials === undefined ? nkeyAuthenticator : credsAuthenticator;
}

async function identityOf(options: BusOptions): Promise<Identity | undefined> {
  const file = options.credentials ?? options.nkey;
  if (file === undefined) return undefined;
  // Whatever the server sends to be signed: bytes of no use throw.
  return readIdentity(file, (bytes) => authenticators(options)(bytes)('nonce'));
}

interface Stream {
  readonly jetstream: JetStreamClient;
  readonly manager: JetStreamManager;
  readonly name: string;
  readonly stream: string;
}

async function openBucket(at: Stream, create: Parameters<Bus['bucket']>[1]): Promise<Bucket> {
  const { manager, jetstream, name, stream } = at;
  const failed = rethrow(`bucket ${name}`);
  const subject = (key: string): string => `$KV.${name}.${key}`;
  const info = () => manager.streams.info(stream).catch(failed);
  try {
    await info();
  } catch (error) {
    if (create === undefined || !(error instanceof BusError && error.kind === 'no-bucket')) throw error;
    await manager.streams.add(bucketConfig(at, create)).catch(failed);
  }
  const publish: Bucket['put'] = async (key, bytes, { expect, headers = {} } = {}) => {
    const sent = newHeaders();
    for (const [header, value] of Object.entries(headers)) sent.set(header, value);
    const expectation = expect === undefined ? {} : { expect: { lastSubjectSequence: expect } };
    return (await jetstream.publish(subject(key), bytes, { headers: sent, ...expectation }).catch(failed)).seq;
  };
  return {
    name,
    created: async () => (await info()).created,
    put: publish,
    async get(key, revision) {
      const query = revision === undefined ? { last_by_subj: subject(key) } : { seq: revision };
      const found = await read(at, query).catch(failed);
      return found?.key === key ? found : undefined;
    },
    async latest(pattern) {
      const { state, ts } = await manager.streams.info(stream, { subjects_filter: subject(pattern) }).catch(failed);
      const subjects = Object.keys(state.subjects ?? {});
      const found = await Promise.all(subjects.map((one) => read(at, { last_by_subj: one }).catch(failed)));
      return { entries: found.filter((entry) => entry !== undefined), serverTime: ts };
    },
    async purge(key) {
      await publish(key, new Uint8Array(), { headers: { [OPERATION]: 'PURGE', 'Nats-Rollup': 'sub' } });
    },
    async history(key, after = 0) {
      const entries: Entry[] = [];
      for (;;) {
        const query = { seq: (entries.at(-1)?.revision ?? after) + 1, next_by_subj: subject(key) };
        const entry = await read(at, query).catch(failed);
        if (entry === undefined) return entries;
        entries.push(entry);
      }
    },
    async *watch(key, from, signal) {
      const options = consumerOpts().bindStream(stream).orderedConsumer();
      if (from === undefined) options.deliverLastPerSubject();
      else options.startSequence(from);
      const messages = await jetstream.subscribe(subject(key), options).catch(failed);
      const stop = (): void => messages.unsubscribe();
      signal.addEventListener('abort', stop);
      try {
        if (signal.aborted) return;
        for await (const message of messages) {
          const at = new Date(message.info.timestampNanos / 1e6).toISOString();
          yield toEntry({ ...pick(message, at), name, headers: message.headers });
          if (signal.aborted) return;
        }
      } catch (error) {
        failed(error);
      } finally {
        signal.removeEventListener('abort', stop);
        stop();
      }
    },
  };
}

/** As every NATS client makes them, so that `nats kv` and others take the bucket for one. */
function bucketConfig({ name, stream }: Stream, { history, ttl }: { readonly history: number; readonly ttl?: number }) {
  return {
    name: stream,
    subjects: [`$KV.${name}.>`],
    max_msgs_per_subject: history,
    discard: DiscardPolicy.New,
    allow_rollup_hdrs: true,
    allow_direct: true,
    deny_delete: true,
    ...(ttl !== undefined && { max_age: nanos(ttl), duplicate_window: nanos(Math.min(ttl, 120_000)) }),
  };
}

/** One stored message; undefined when there is none. */
async function read(
  { manager, stream, name }: Stream,
  query: { readonly seq: number } | { readonly last_by_subj: string },
) {
  try {
    const found = await manager.streams.getMessage(stream, query);
    return toEntry({ ...pick(found, found.timestamp), name, headers: found.header });
  } catch (error) {
    if (error instanceof NatsError && error.api_error?.err_code === NO_MESSAGE) return undefined;
    throw error;
  }
}

/** Both kinds of message are classes with getters, which a spread leaves behind. */
function pick(
  { subject, seq, data }: { readonly subject: string; readonly seq: number; readonly data: Uint8Array },
  at: string,
) {
  return { subject, revision: seq, bytes: data, at };
}

function toEntry(
  message: ReturnType<typeof pick> & { readonly name: string; readonly headers: MsgHdrs | undefined },
): Entry {
  const { subject, revision, bytes, at, name, headers: sent } = message;
  const headers = Object.fromEntries((sent?.keys() ?? []).map((header) => [header, sent?.get(header) ?? '']));
  const said = headers[OPERATION];
  const operation = said === 'DEL' ? 'delete' : said === 'PURGE' ? 'purge' : 'put';
  return { key: subject.slice(`$KV.${name}.`.length), revision, bytes, at, operation, headers };
}
