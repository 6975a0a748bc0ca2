import { Schema, definePlugin, problem, refuse } from '@postern/kit';
import type { Consumer, Exchange, StepResult, Verdict } from '@postern/kit';
import { Users, credentialFindings } from './credentials.ts';
import { isBasic, readBasic } from './shown.ts';
import type { Shown } from './shown.ts';
import { HASH_SLOTS, SHADOW_HASH_SLOTS } from './slots.ts';
import { Verified } from './verified.ts';

const DEFAULT_REALM = 'postern';
/** What may stand in a quoted string without an escape (RFC 9110 section 5.6.4). */
const REALM = /^[ !#-[\]-~]{1,200}$/;

/** Knows callers by user name and password (RFC 7617). */
export const basicAuth = definePlugin({
  name: 'basic-auth',
  summary: 'Knows callers by user name and password',
  config: Schema.Object({
    realm: Schema.Optional(
      Schema.String({
        description: 'What browsers say when they ask for the password. Default postern',
        default: DEFAULT_REALM,
      }),
    ),
    hideCredentials: Schema.Optional(
      Schema.Boolean({
        description: 'Whether Authorization stays out of what the upstream gets. Default true',
        default: true,
      }),
    ),
  }),
  credential: Schema.Object({
    username: Schema.String({ description: 'Name of the user.', minLength: 1, maxLength: 256, examples: ['ann'] }),
    password: Schema.String({
      description: 'scrypt hash of the password, as postern hash writes it, or a reference to the password itself.',
      secret: true,
      minLength: 1,
      maxLength: 1024,
      examples: ['${env:ANN_PASSWORD}'],
    }),
  }),
  credentialId: ({ username }) => username.normalize('NFC'),
  credentialFindings,
  guards: () => true,
  answers: () => false,
  credentials: () => ['authorization'],
  traits: ['authenticates'],
  writes: ({ hideCredentials = true }) => (hideCredentials ? { request: ['authorization'] } : {}),
  compile({ realm = DEFAULT_REALM, hideCredentials = true }, context) {
    if (!REALM.test(realm)) return [problem({ ...BAD_REALM, path: ['realm'] })];
    const { missing, invalid } = refusals(realm);
    const users = new Users(context.consumers);
    if (context.consumers.length === 0) context.warn(NO_USERS);
    if (users.costs.size > 1) context.warn(COSTS_DIFFER);
    const verified = context.keep('verified', () => new Verified());
    const room = { slots: context.shadow ? SHADOW_HASH_SLOTS : HASH_SLOTS, count: context.counter('hash') };

    /** Says at once or later whose these are; undefined when they are nobody's. */
    function ownerOf(shown: Shown, now: number): Owner | Promise<Owner> {
      let user = users.named(shown.username);
      if (user.secret.kind === 'plain') {
        if (verified.isSame(shown.password, user.secret.password)) return user.known;
        // The same work as for a name that there is not.
        user = users.nobody;
      }
      const { secret, known } = user;
      if (secret.kind === 'plain') return undefined;
      const question = { user, hash: secret.hash, shown, now };
      const key = verified.keyOf(question);
      if (verified.remembers(key, now)) return known;
      const answer = verified.ask(key, question, room);
      return answer === 'busy' ? answer : answer.then((right) => (right ? known : undefined));
    }
    function settle(exchange: Exchange, owner: Owner): Verdict | undefined {
      if (owner === 'busy') return BUSY;
      if (owner === undefined) return invalid;
      exchange.identify(owner);
      return undefined;
    }
    return {
      request: function basicAuthRequest(exchange: Exchange): StepResult {
        const field = exchange.request.headers.get('authorization');
        if (field === undefined) return missing;
        if (hideCredentials) hide(exchange, field);
        if (!isBasic(field)) return missing;
        const shown = readBasic(field);
        if (shown === undefined) return invalid;
        const owner = ownerOf(shown, exchange.now);
        return owner instanceof Promise ? owner.then((known) => settle(exchange, known)) : settle(exchange, owner);
      },
    };
  },
});

/** Whose credentials they are; undefined: nobody's. Busy: not known, for want of room. */
type Owner = Consumer | 'busy' | undefined;

/** What a policy has set for the upstream instead is not the client's password. */
function hide({ outgoing }: Exchange, sent: string): void {
  if (outgoing.get('authorization') === sent) outgoing.remove('authorization');
}

/** One sentence for all that can be wrong with a name or a password: which of them it is, is nobody's business. */
function refusals(realm: string): { readonly missing: Verdict; readonly invalid: Verdict } {
  const headers = ['www-authenticate', `Basic realm="${realm}", charset="UTF-8"`];
  const detail = 'The request carries no user name and password.';
  return {
    missing: refuse({ status: 401, code: 'basic-auth/missing', detail, headers }),
    invalid: refuse({
      status: 401,
      code: 'basic-auth/invalid',
      detail: 'User name or password is not right.',
      headers,
    }),
  };
}

const BUSY = refuse({
  status: 503,
  code: 'basic-auth/busy',
  detail: 'Too many passwords are being checked.',
  headers: ['retry-after', '1'],
});

const BAD_REALM = {
  code: 'basic-auth/realm',
  message: 'a realm is 1 to 200 visible ASCII characters, without quotes and backslashes',
  fix: 'write plain words, such as partners',
};
const NO_USERS = {
  code: 'basic-auth/no-users',
  path: [],
  message: 'no consumer has a user name: every request is refused',
  fix: 'give consumers credentials: { basic-auth: [{ username: ..., password: ... }] }',
};
const COSTS_DIFFER = {
  code: 'basic-auth/costs-differ',
  path: [],
  message: 'the hashes of the passwords differ in cost: who measures time can tell which users there are',
  fix: 'make all of them anew with postern hash --password',
};
