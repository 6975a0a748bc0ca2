import { Choice, Duration, Size, Schema } from '@postern/schema';
import { Nats } from './nats.ts';
import { Require } from './require.ts';
import { Name, Text, closed } from './words.ts';

const ADDRESS = 'host:port; :port for all interfaces.';

const Listener = Schema.Object(
  {
    name: Name('Unique; groups name it under listeners.', 'public'),
    address: Text(`Where to listen: ${ADDRESS}`, { examples: ['127.0.0.1:8080'] }),
    protocol: Schema.Optional(
      Choice(['http', 'https', 'h2c'], {
        description: 'https speaks HTTP/2 and HTTP/1.1, h2c speaks HTTP/2 without TLS.',
        default: 'http',
      }),
    ),
    tls: Schema.Optional(
      Schema.Object(
        {
          cert: Text('File of the certificate chain, PEM.', { examples: ['tls/cert.pem'] }),
          key: Text('File of the private key, PEM.', { examples: ['tls/key.pem'] }),
        },
        closed('Certificate of an https listener; the files are read again when they change.'),
      ),
    ),
  },
  closed('One address that takes requests.'),
);

const Limits = Schema.Object(
  {
    headerBytes: Schema.Optional(Size('All header lines of a request together.', { default: '16KiB' })),
    headerCount: Schema.Optional(
      Schema.Integer({ description: 'Header lines of a request.', minimum: 1, maximum: 2000, default: 100 }),
    ),
    urlBytes: Schema.Optional(Size('The request target.', { default: '8KiB' })),
    bodyBytes: Schema.Optional(Size('The body of a request.', { default: '10MiB', minimum: 0 })),
    headersTimeout: Schema.Optional(Duration('Time for the head of a request to come.', { default: '10s' })),
    requestTimeout: Schema.Optional(Duration('Time for a whole request to come.', { default: '30s' })),
    idleTimeout: Schema.Optional(Duration('Time a connection may be idle between requests.', { default: '60s' })),
    maxConnections: Schema.Optional(
      Schema.Integer({
        description:
          'Connections at one time, of each worker over all listeners; fewer where the limit of open files is low.',
        minimum: 1,
        default: 10000,
      }),
    ),
    maxStreams: Schema.Optional(
      Schema.Integer({
        description: 'Requests at one time on one connection of HTTP/2.',
        minimum: 1,
        maximum: 100_000,
        default: 100,
      }),
    ),
    maxResets: Schema.Optional(
      Schema.Integer({
        description: 'Requests on one connection of HTTP/2 that end in a reset within 10 s, whoever makes it.',
        minimum: 1,
        maximum: 1_000_000,
        default: 200,
      }),
    ),
  },
  closed('What a client may ask of the server.'),
);

/** A share of something. */
const Share = (description: string, fallback: number) =>
  Schema.Number({ description, exclusiveMinimum: 0, maximum: 1, default: fallback });

const Shedding = Schema.Object(
  {
    closeAt: Schema.Optional(
      Share('Share of the memory that a worker may use, from which on connections are asked to end; 1: never.', 0.92),
    ),
    refuseAt: Schema.Optional(
      Share('The same share, from which on new requests are answered 503 before any policy; 1: never.', 0.95),
    ),
    eventLoopDelay: Schema.Optional(
      Duration(
        'Work of its own that holds the event loop of a worker up, from which on connections are asked to end; at twice that new requests are answered 503.',
        { default: '1s' },
      ),
    ),
  },
  closed('From when on a worker takes less, so as not to die of it.'),
);

/** The server section: read once, at start. */
export const Server = Schema.Object(
  {
    name: Schema.Optional(Name('Name of the node group: a metrics label, a key of the bus; absent: postern.', 'edge')),
    listen: Schema.Optional(
      Schema.Array(Listener, {
        description: 'Addresses that take requests; absent: 127.0.0.1:8080.',
        minItems: 1,
        maxItems: 100,
      }),
    ),
    workers: Schema.Optional(
      Schema.Union([Schema.Integer({ minimum: 1, maximum: 256 }), Schema.Literal('auto')], {
        description: 'Processes that serve: one for each core with auto. 1: a single process that nobody watches.',
        default: 1,
      }),
    ),
    workerMemory: Schema.Optional(
      Size(
        'Resident memory of a worker above which another takes its place, with two or more workers; absent: when its heap is nearly full.',
        { examples: ['1GiB'] },
      ),
    ),
    trustedProxies: Schema.Optional(
      Schema.Array(Schema.String(), {
        description: 'Addresses and CIDRs whose X-Forwarded-* and Forwarded are believed; absent: none.',
        examples: [['10.0.0.0/8']],
      }),
    ),
    limits: Schema.Optional(Limits),
    shedding: Schema.Optional(Shedding),
    admin: Schema.Optional(
      Schema.Object(
        {
          address: Schema.Optional(Text(`Where the admin port listens: ${ADDRESS}`, { default: '127.0.0.1:9901' })),
          token: Schema.Optional(
            Schema.String({
              description: 'Bearer token; without it the admin port listens on loopback only.',
              writeOnly: true,
              examples: ['${env:POSTERN_ADMIN_TOKEN}'],
            }),
          ),
        },
        closed('Health, metrics and status.'),
      ),
    ),
    metrics: Schema.Optional(
      Schema.Object(
        {
          policyLabels: Schema.Optional(
            Schema.Array(Text('Name of a label.', { examples: ['team'] }), {
              description:
                'Labels of policies that metrics of policies carry, as label_<name>; a policy without one has it empty.',
              maxItems: 10,
              examples: [['team']],
            }),
          ),
        },
        closed('What metrics show beside the names of things.'),
      ),
    ),
    plugins: Schema.Optional(
      Schema.Array(Text('A package name or a ./path.'), {
        description: 'Third-party plugins: package names or ./paths.',
        examples: [['./plugins/mine']],
      }),
    ),
    secrets: Schema.Optional(
      Schema.Object(
        {
          env: Schema.Optional(
            Schema.Array(Text('A name or a pattern with *.'), { description: 'Environment variables.' }),
          ),
          files: Schema.Optional(Schema.Array(Text('A path or a pattern with *.'), { description: 'Files.' })),
        },
        closed('What a document from the bus may name in ${env:} and ${file:}; absent: nothing.'),
      ),
    ),
    require: Require('Invariants that no document from the bus can change; they hold beside gateway.require.'),
    decisions: Schema.Optional(
      Schema.Object(
        {
          keep: Schema.Optional(
            Schema.Integer({
              description: 'How many, the newest; 0 keeps none.',
              minimum: 0,
              maximum: 100_000,
              default: 1000,
            }),
          ),
          sample: Schema.Optional(
            Schema.Number({
              description: 'Share of the exchanges that were not refused; refusals are always kept.',
              minimum: 0,
              maximum: 1,
              default: 0.01,
            }),
          ),
        },
        closed('Exchanges kept for /api/v1/decisions, without credentials.'),
      ),
    ),
    denyTargets: Schema.Optional(
      Schema.Array(Schema.String(), {
        description: 'Addresses and CIDRs that no upstream may be reached at; absent: link-local ones.',
        examples: [['169.254.0.0/16']],
      }),
    ),
    drainTimeout: Schema.Optional(
      Duration('Time that requests in flight get to end at shutdown.', { default: '30s', minimum: 0 }),
    ),
    source: Schema.Optional(
      Schema.Object(
        { nats: Schema.Optional(Nats) },
        closed('Where documents come from; absent: this file, watched.', {
          examples: [{ nats: { servers: ['nats://127.0.0.1:4222'] } }],
        }),
      ),
    ),
  },
  closed('Read once, at start: a change needs a restart.', { examples: [{ name: 'edge' }] }),
);
