// Fastify with @fastify/cors and @fastify/http-proxy. The site stands in the first word, as JSON.
import { randomUUID } from 'node:crypto';
import cors from '@fastify/cors';
import proxy from '@fastify/http-proxy';
import from from '@fastify/reply-from';
import fastify from 'fastify';

const { port, upstream, protocol, policies, routes, cors: rules, edits } = JSON.parse(process.argv[2]);
const ids = policies === 'five' ? { genReqId: () => randomUUID() } : {};
const app = fastify({ logger: false, http2: protocol === 'h2c', ...ids });

await app.register(cors, {
  origin: new RegExp(`^${rules.pattern}$`),
  methods: rules.methods,
  allowedHeaders: rules.headers,
  maxAge: rules.maxAge,
});
const target = { upstream: `http://127.0.0.1:${upstream}`, undici: { connections: 256, pipelining: 1 } };
const five = {
  rewriteRequestHeaders: (request, headers) => ({
    ...headers,
    'x-request-id': request.id,
    [edits.upstream.name]: edits.upstream.value,
  }),
  rewriteHeaders: (headers, request) => {
    const kept = { ...headers, 'x-request-id': request.id };
    delete kept[edits.removed];
    return Object.assign(kept, { [edits.answer.name]: edits.answer.value, [edits.also.name]: edits.also.value });
  },
};
if (routes === 0) {
  const replyOptions = policies === 'five' ? five : {};
  await app.register(proxy, { ...target, prefix: '/shop', rewritePrefix: '/shop', replyOptions });
} else {
  // One proxy for each would be one plugin, pool and set of hooks for each: routes of Fastify on the proxy's own client.
  await app.register(from, { base: target.upstream, undici: target.undici });
  for (let number = 0; number < routes; number += 1)
    app.all(`/shop/items-${number}/:id`, (request, reply) => reply.from(request.url));
}
await app.listen({ port, host: '127.0.0.1' });
