import { Schema } from '@postern/schema';
import { Name, Text, closed } from './words.ts';

/** A key-value bucket that documents come from, and who to be there. */
export const Nats = Schema.Object(
  {
    servers: Schema.Array(
      Schema.String({
        pattern: '^(nats|tls)://[^/@\\s]+$',
        wants: 'nats://host:port or tls://host:port, without a user in it',
        examples: ['nats://127.0.0.1:4222'],
      }),
      { description: 'One or more servers of one cluster.', minItems: 1, examples: [['nats://127.0.0.1:4222']] },
    ),
    bucket: Schema.Optional(
      Schema.String({
        description: 'The bucket; made when it is not there and the account may.',
        pattern: '^[A-Za-z0-9_-]{1,64}$',
        wants: 'a name of letters, digits, _ and -',
        default: 'postern',
      }),
    ),
    key: Schema.Optional(Name('Documents are read from config.<key>; absent: server.name.', 'edge')),
    lastGood: Schema.Optional(
      Text('File that keeps the last good document, for starts without a server.', {
        default: '.postern/last-good.json',
      }),
    ),
    tls: Schema.Optional(
      Schema.Object(
        {
          ca: Schema.Optional(Text('File of the authorities to trust, PEM.', { examples: ['tls/ca.pem'] })),
          cert: Schema.Optional(Text('File of the own certificate, PEM.', { examples: ['tls/node.pem'] })),
          key: Schema.Optional(Text('File of its private key, PEM.', { examples: ['tls/node.key'] })),
        },
        closed('TLS towards the server.'),
      ),
    ),
    credentials: Schema.Optional(Text('Credentials file: a JWT and its seed.', { examples: ['node.creds'] })),
    nkey: Schema.Optional(Text('File of an nkey seed.', { examples: ['node.nk'] })),
    token: Schema.Optional(
      Schema.String({ description: 'Token of the server.', writeOnly: true, examples: ['${env:NATS_TOKEN}'] }),
    ),
    user: Schema.Optional(Text('User name; with password.', { examples: ['node'] })),
    password: Schema.Optional(
      Schema.String({ description: 'Password of the user.', writeOnly: true, examples: ['${env:NATS_PASSWORD}'] }),
    ),
    inboxPrefix: Schema.Optional(
      Text('Prefix of the inboxes, for accounts that may subscribe below one of their own only; absent: _INBOX.', {
        examples: ['_INBOX_edge'],
      }),
    ),
    trustedKeys: Schema.Optional(
      Schema.Array(Text('A public key as postern keygen prints it, or PEM.'), {
        description: 'With keys, only documents signed by one of them count; absent: whoever writes the bucket rules.',
        examples: [['${file:keys/release.pub}']],
      }),
    ),
  },
  closed('A NATS JetStream key-value bucket.'),
);
