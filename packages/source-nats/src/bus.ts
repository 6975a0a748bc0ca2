// The one file that knows the client library: its types end here.
import { readFile } from 'node:fs/promises';
import {
  DiscardPolicy,
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
import type { Bucket, Bus, Entry } from './bucket.ts';

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
}

/** Milliseconds that a request to the server may take. */
const TIMEOUT = 5000;
const OPERATION = 'KV-Operation';
const NO_BUCKET = 10059;
const NO_MESSAGE = 10037;
const WRONG_LAST_SEQUENCE = 10071;

/** Connects, or rejects with `BusError`: trying again is the caller's. Once connected, it reconnects for ever. */
export async function openBus(options: BusOptions): Promise<Bus> {
  const delays = backoff();
  const failed = rethrow(options.servers.join(', '));
  const connection = await connect(await connectionOptions(options, () => delays.next())).catch(failed);
  const jetstream = connection.jetstream({ timeout: TIMEOUT });
  // `false`: asking for the account's figures needs a right of its own that nothing here has a use for.
  const manager = await jetstream.jetstreamManager(false);
  return {
    serverVersion: connection.info?.version ?? 'unknown',
    bucket: (name, create) => openBucket({ jetstream, manager, name, stream: `KV_${name}` }, create),
    async *changes() {
      for await (const { type } of connection.status()) {
        if (type === Events.Reconnect) delays.reset();
        if (type === Events.Disconnect) yield 'disconnected';
        else if (type === Events.Reconnect) yield 'reconnected';
      }
      yield 'closed';
    },
    close: () => connection.close(),
  };
}

async function connectionOptions(options: BusOptions, delay: () => number): Promise<ConnectionOptions> {
  const { servers, name, tls, inboxPrefix } = options;
  return {
    ...(await identity(options)),
    servers: [...servers],
    name,
    timeout: TIMEOUT,
    pingInterval: TIMEOUT,
    maxPingOut: 2,
    maxReconnectAttempts: -1,
    reconnectDelayHandler: delay,
    // Rights that were taken away may come back: giving up on them would leave the node deaf until a restart.
    ignoreAuthErrorAbort: true,
    ...(tls && {
      tls: {
        ...(tls.ca && { caFile: tls.ca }),
        ...(tls.cert && { certFile: tls.cert }),
        ...(tls.key && { keyFile: tls.key }),
      },
    }),
    ...(inboxPrefix && { inboxPrefix }),
  };
}

async function identity({ credentials, nkey, token, user, password }: BusOptions): Promise<ConnectionOptions> {
  if (credentials !== undefined) return { authenticator: credsAuthenticator(await readFile(credentials)) };
  if (nkey !== undefined)
    return { authenticator: nkeyAuthenticator(Buffer.from((await readFile(nkey, 'utf8')).trim())) };
  if (token !== undefined) return { token };
  return user === undefined ? {} : { user, pass: password ?? '' };
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
  const created = async (): Promise<string> => (await manager.streams.info(stream).catch(failed)).created;
  try {
    await created();
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
    created,
    put: publish,
    async get(key, revision) {
      const query = revision === undefined ? { last_by_subj: subject(key) } : { seq: revision };
      const found = await read(at, query).catch(failed);
      return found?.key === key ? found : undefined;
    },
    async purge(key) {
      await publish(key, new Uint8Array(), { headers: { [OPERATION]: 'PURGE', 'Nats-Rollup': 'sub' } });
    },
    async history(key) {
      const entries: Entry[] = [];
      for (;;) {
        const query = { seq: (entries.at(-1)?.revision ?? 0) + 1, next_by_subj: subject(key) };
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

/** Turns what the client throws into words. */
function rethrow(where: string): (error: unknown) => never {
  return (error) => {
    if (error instanceof BusError) throw error;
    if (!(error instanceof NatsError)) throw new BusError('other', `${where}: ${String(error)}`, error);
    const { permissionContext: denied, api_error: api, code } = error;
    if (denied !== undefined)
      throw new BusError('denied', `${where}: the right to ${denied.operation} ${denied.subject} is missing`, error);
    if (api?.err_code === NO_BUCKET) throw new BusError('no-bucket', `${where} does not exist`, error);
    if (api?.err_code === WRONG_LAST_SEQUENCE) throw new BusError('conflict', `${where}: ${api.description}`, error);
    if (api !== undefined) throw new BusError('other', `${where}: ${api.description}`, error);
    if (code === 'AUTHORIZATION_VIOLATION')
      throw new BusError('denied', `${where}: the server takes nobody by these credentials`, error);
    if (code === '503') throw new BusError('other', `${where}: JetStream is not switched on or has no leader`, error);
    throw new BusError('unreachable', `${where}: ${error.message}`, error);
  };
}
