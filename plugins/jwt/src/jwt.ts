import { definePlugin } from '@postern/kit';
import { jwtConfig, jwtCredential } from './config.ts';
import type { JwtConfig } from './config.ts';
import { credentialIdOf, toFindConsumer } from './consumers.ts';
import { toKeyProvider } from './key-provider.ts';
import { toRefusals } from './refusals.ts';
import { defineRequest } from './request.ts';
import { toRules } from './rules.ts';
import { remarks } from './remarks.ts';
import { loadJose } from './verify.ts';

/** Lets requests in by a JSON Web Token (RFC 7519) that is signed, in time, and from and for whom the config says. */
export const jwt = definePlugin({
  name: 'jwt',
  summary: 'Lets requests in by a JSON Web Token: its signature, its time, its claims',
  config: jwtConfig,
  credential: jwtCredential,
  credentialId: credentialIdOf,
  guards: () => true,
  answers: () => false,
  traits: ['authenticates'],
  credentials: ({ from = [] }) => from.flatMap(({ header }) => (header === undefined ? [] : [header.toLowerCase()])),
  writes: (config) => ({ request: writtenBy(config) }),
  compile(config, context) {
    const { rules, problems } = toRules(config);
    if (rules === undefined) return problems;
    for (const remark of remarks(config)) context.warn(remark);
    // What cannot be loaded says so on the first request.
    loadJose().catch(() => undefined);
    const provider = toKeyProvider(rules.keys, context);
    const refusals = toRefusals(config.realm ?? context.policy, rules.claims.required);
    const findConsumer = toFindConsumer(context.consumers, config.consumerClaim ?? 'sub');
    return {
      request: defineRequest({ rules, refusals, provider, findConsumer }, context),
      ...(provider.close === undefined ? {} : { close: provider.close }),
    };
  },
});

function writtenBy({ claimsToHeaders = {}, hideCredentials = false, from }: JwtConfig): readonly string[] {
  const places = from ?? [{ header: 'authorization' }];
  const hidden = places.flatMap(({ header }) => (header === undefined ? [] : [header]));
  return [...Object.keys(claimsToHeaders), ...(hideCredentials ? hidden : [])].map((name) => name.toLowerCase());
}
