import { Choice, Duration, Schema } from '@postern/schema';
import { Name, Text, closed } from './words.ts';

/** A named backend, as people write it. */
export const Upstream = Schema.Object(
  {
    name: Name('Unique; API groups name it under upstream.', 'shop'),
    targets: Schema.Optional(
      Schema.Array(Text('A URL.', { examples: ['http://127.0.0.1:9000'] }), {
        description: 'URLs: http://host:port/path, https://host, unix:/path/to.sock, unix:/path/to.sock:/prefix.',
        minItems: 1,
        examples: [['http://127.0.0.1:9000']],
      }),
    ),
    builtin: Schema.Optional(
      Choice(['echo'], { description: 'echo answers from inside the gateway with what it received.' }),
    ),
    protocol: Schema.Optional(
      Choice(['http1', 'http2'], { description: 'HTTP version towards the targets.', default: 'http1' }),
    ),
    preserveHost: Schema.Optional(
      Schema.Boolean({ description: "Send the client's Host instead of the target's.", default: false }),
    ),
    timeouts: Schema.Optional(
      Schema.Object(
        {
          connect: Schema.Optional(Duration('Time to connect.', { default: '5s' })),
          headers: Schema.Optional(Duration('Time until the head of the response.', { default: '30s' })),
          idle: Schema.Optional(Duration('Time without a byte.', { default: '60s' })),
        },
        closed('How long the upstream may take.'),
      ),
    ),
    webSocket: Schema.Optional(
      Schema.Object(
        {
          idle: Schema.Optional(Duration('Time without a byte either way, pings among them.', { default: '10m' })),
          lifetime: Schema.Optional(Duration('Time from the handshake on, whatever flows.', { default: '1d' })),
        },
        closed('How long a web socket may stay.'),
      ),
    ),
    maxConnections: Schema.Optional(
      Schema.Integer({
        description: 'Connections to each target at one time, of each worker.',
        minimum: 1,
        maximum: 100_000,
        default: 1024,
      }),
    ),
    maxQueue: Schema.Optional(
      Schema.Integer({
        description:
          'Requests that wait for a connection to one target, of each worker; over it they are answered 503.',
        minimum: 0,
        maximum: 1_000_000,
        default: 1024,
      }),
    ),
    tls: Schema.Optional(
      Schema.Object(
        {
          ca: Schema.Optional(Text('File of the authorities that may sign, PEM; absent: the public ones.')),
          cert: Schema.Optional(Text("File of the gateway's own certificate, PEM.")),
          key: Schema.Optional(Text("File of the gateway's own private key, PEM.")),
          serverName: Schema.Optional(
            Text("Name that the upstream's certificate must have; absent: the target's host."),
          ),
        },
        closed('TLS towards https targets; their certificates are always verified.'),
      ),
    ),
  },
  closed('A named backend: targets or builtin.', { examples: [{ name: 'shop', targets: ['http://127.0.0.1:9000'] }] }),
);
