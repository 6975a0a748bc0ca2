// What must not compile: the type check of `npm run check` reads this file, and fails where an expected error is none.
import { definePlugin, refuse, respond, Schema } from '@postern/kit';
import type { Plugin } from '@postern/kit';
import { test } from 'tap';

const naming = { name: 'typed', summary: 'Of a test' } as const;
const config = Schema.Object({
  limit: Schema.Integer(),
  by: Schema.Optional(Schema.Union([Schema.Literal('ip'), Schema.Literal('consumer')])),
});
const credential = Schema.Object({ key: Schema.String() });

test('the config and the credentials of a plugin have the types of their schemas', async (t) => {
  const plugin: Plugin = definePlugin({
    ...naming,
    config,
    credential,
    credentialId: (shown) => shown.key.toUpperCase(),
    guards: (read) => read.limit > 1,
    answers: (read) => read.by === 'ip',
    credentials: (read) => [read.by ?? 'none'],
    traits: (read) => (read.limit > 1 ? ['authenticates'] : []),
    writes: (read) => ({ request: [read.by ?? 'none'] }),
    compile(read, context) {
      const limit: number = read.limit;
      const by: 'ip' | 'consumer' | undefined = read.by;
      const keys: readonly string[] = context.consumers.map((known) => known.credential.key);
      return { request: () => (limit > keys.length && by === 'ip' ? undefined : respond({ status: 204 })) };
    },
  });
  t.equal(plugin.guards({ limit: 2 }), true);
});

test('a member that the schema does not have does not compile', async () => {
  definePlugin({
    ...naming,
    config,
    compile: (read) => {
      // @ts-expect-error -- no such member
      void read.limits;
      // @ts-expect-error -- a number
      void (() => read.limit.toUpperCase());
      // @ts-expect-error -- no such word
      void (read.by === 'header');
      // @ts-expect-error -- it may be absent
      const by: string = read.by;
      return { request: () => (by === 'ip' ? respond({ status: 204 }) : undefined) };
    },
  });
  definePlugin({
    ...naming,
    config,
    // @ts-expect-error -- no such member
    guards: (read) => read.limits > 1,
    compile: () => ({}),
  });
  // @ts-expect-error -- a schema that is no object: a config is a map
  void (() => definePlugin({ ...naming, config: Schema.String(), compile: () => ({}) }));
});

test('a credential has the shape of its schema, and none without one', async () => {
  definePlugin({
    ...naming,
    config,
    credential,
    // @ts-expect-error -- no such member
    credentialId: (shown) => shown.user,
    compile: (_read, context) => {
      // @ts-expect-error -- no such member
      void context.consumers.map((known) => known.credential.user);
      // @ts-expect-error -- the list is the document's
      void (() => context.consumers.pop());
      return {};
    },
  });
  definePlugin({
    ...naming,
    config,
    compile: (_read, context) => {
      // @ts-expect-error -- without a schema nothing is known of a credential
      const key: string | undefined = context.consumers[0]?.credential.key;
      return { request: () => (key === undefined ? undefined : respond({ status: 204 })) };
    },
  });
});

test('a verdict is what respond and refuse make, and has all its parts', async () => {
  // @ts-expect-error -- a refusal says what for
  void (() => refuse({ status: 403, code: 'typed/no' }));
  // @ts-expect-error -- an answer has a status
  void (() => respond({ body: 'x' }));
  // @ts-expect-error -- headers are names and values in turn
  void (() => respond({ status: 200, headers: { 'x-a': 'b' } }));
  definePlugin({
    ...naming,
    config,
    // @ts-expect-error -- no verdict
    compile: () => ({ request: () => true }),
  });
  definePlugin({
    ...naming,
    config,
    // @ts-expect-error -- no verdict of these kinds
    compile: () => ({ request: () => ({ kind: 'allow' }) }),
  });
});

test('a preflight step answers at once', async () => {
  definePlugin({
    ...naming,
    config,
    preflight: true,
    // @ts-expect-error -- a preflight waits for nobody
    compile: () => ({ preflight: () => Promise.resolve(respond({ status: 204 })) }),
  });
  // @ts-expect-error -- whether it answers preflights is one word for all configs
  definePlugin({ ...naming, config, preflight: () => true, compile: () => ({}) });
});

test('steps have the names and the shapes that the gateway calls', async () => {
  definePlugin({
    ...naming,
    config,
    // @ts-expect-error -- there is no such step; beside one that there is, the compile of the document finds it
    compile: () => ({ reqest: () => undefined }),
  });
  definePlugin({
    ...naming,
    config,
    // @ts-expect-error -- a body step says how much it takes
    compile: () => ({ requestBody: { run: () => undefined } }),
  });
  definePlugin({
    ...naming,
    config,
    // @ts-expect-error -- a compile that is waited for would be a policy without steps
    compile: async () => ({ request: () => undefined }),
  });
  definePlugin({
    ...naming,
    config,
    compile: () => ({
      request: (exchange) => {
        // @ts-expect-error -- what the client sent is not edited; outgoing is
        exchange.request.headers.set('x-a', 'b');
        // @ts-expect-error -- there is no answer yet
        void exchange.response;
      },
      done: (exchange) => {
        // @ts-expect-error -- a duration is a number
        exchange.durationMs.trim();
      },
    }),
  });
  // @ts-expect-error -- a plugin has a summary
  definePlugin({ name: 'typed', config, compile: () => ({}) });
  // @ts-expect-error -- no such trait
  definePlugin({ ...naming, config, traits: ['slow'], compile: () => ({}) });
});
