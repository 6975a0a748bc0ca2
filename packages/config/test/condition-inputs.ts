import { HeaderList } from '@postern/model';
import type { Claims, Consumer, ExchangeRequest } from '@postern/model';
import { toPredicate } from '../src/condition/evaluate.ts';
import { NOWHERE, fold } from '../src/condition/fold.ts';
import type { ConditionInputs } from '../src/condition/inputs.ts';
import { readCondition } from '../src/condition/read.ts';

type Given = Partial<ExchangeRequest> & {
  readonly consumer?: Consumer | undefined;
  readonly claims?: Claims;
  readonly params?: Readonly<Record<string, string>>;
};

/** An exchange as a condition sees it. */
export function inputs(given: Given = {}): ConditionInputs {
  const { consumer = 'consumer' in given ? undefined : PARTNER, claims, params, ...request } = given;
  return {
    consumer,
    ...(claims === undefined ? {} : { claims }),
    ...(params === undefined ? {} : { params }),
    request: {
      protocol: 'HTTP/2',
      method: 'GET',
      scheme: 'https',
      host: 'shop.example.com',
      path: '/a/b',
      query: 'page=2&q=two+words',
      headers: HeaderList.from({ 'x-tenant': 'acme', accept: 'a, b' }),
      hasBody: false,
      clientAddress: '192.0.2.7',
      ...request,
    },
  };
}

const PARTNER: Consumer = { name: 'partner', labels: { tier: 'gold' } };

/** What a condition says of an exchange, where no group takes it. */
export function ask(text: string, given: Given = {}): boolean {
  const read = readCondition(text);
  if (read.kind === 'wrong') throw new Error(`${text}: ${read.problems.map(({ message }) => message).join()}`);
  return toPredicate(fold(read.expression, { group: NOWHERE, route: NOWHERE }))(inputs(given));
}
