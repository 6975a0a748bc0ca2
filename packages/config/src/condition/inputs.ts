import { claimText } from '@postern/model';
import type { DoneExchange, EntryOf, Exchange, Labels, RequestField, TruthExpression } from '@postern/model';

/**
 * What a condition reads at run time: an exchange. Names and labels of group and route are filled in with the document where it
 * says which route the condition is for; a consumer's policies and the config of a plugin read them here.
 */
export type ConditionInputs = Pick<Exchange, 'request' | 'consumer'> &
  Partial<Pick<Exchange, 'claims' | 'params' | 'group' | 'route'>> &
  Pick<DoneExchange, 'groupLabels' | 'routeLabels'>;

/** A part of a condition, ready to run. */
export type Evaluate<Value> = (inputs: ConditionInputs) => Value;

/** Makes a function of a part that is true or false. */
export type ToPredicate = (expression: TruthExpression) => Evaluate<boolean>;

/** The text of a field of the request. */
export function toField(field: RequestField): Evaluate<string> {
  switch (field) {
    case 'method':
      return ({ request }) => request.method;
    case 'path':
      return ({ request }) => request.path;
    case 'host':
      // Whether a client writes the port must not decide what runs.
      return ({ request }) => request.host.replace(/:\d*$/, '');
    case 'scheme':
      return ({ request }) => request.scheme;
    case 'protocol':
      return ({ request }) => request.protocol;
    case 'clientAddress':
      return ({ request }) => request.clientAddress;
    default:
      return field satisfies never;
  }
}

/** The text of that name; empty where there is none. */
export function toEntry(of: EntryOf, name: string): Evaluate<string> {
  switch (of) {
    case 'request.headers':
      return ({ request }) => request.headers.get(name) ?? '';
    case 'request.query':
      return ({ request }) => (request.query === '' ? '' : (new URLSearchParams(request.query).get(name) ?? ''));
    case 'consumer.labels':
      return ({ consumer }) => labelOf(consumer?.labels, name) ?? '';
    case 'params':
      return ({ params }) => labelOf(params, name) ?? '';
    case 'claims':
      return ({ claims }) => claimText(claims, name) ?? '';
    case 'group.labels':
      return ({ groupLabels }) => labelOf(groupLabels, name) ?? '';
    case 'route.labels':
      return ({ routeLabels }) => labelOf(routeLabels, name) ?? '';
    default:
      return of satisfies never;
  }
}

/** Whether there is one of that name. */
export function toPresence(of: EntryOf, name: string): Evaluate<boolean> {
  switch (of) {
    case 'request.headers':
      return ({ request }) => request.headers.has(name);
    case 'request.query':
      return ({ request }) => request.query !== '' && new URLSearchParams(request.query).has(name);
    case 'consumer.labels':
      return ({ consumer }) => labelOf(consumer?.labels, name) !== undefined;
    case 'params':
      return ({ params }) => labelOf(params, name) !== undefined;
    case 'claims':
      return ({ claims }) => claims !== undefined && Object.hasOwn(claims, name);
    case 'group.labels':
      return ({ groupLabels }) => labelOf(groupLabels, name) !== undefined;
    case 'route.labels':
      return ({ routeLabels }) => labelOf(routeLabels, name) !== undefined;
    default:
      return of satisfies never;
  }
}

/** The value of a label; undefined without one, also where the prototype has something of that name. */
export function labelOf(labels: Labels | undefined, name: string): string | undefined {
  return labels !== undefined && Object.hasOwn(labels, name) ? labels[name] : undefined;
}

/** One of two, by a third. */
export function toChoice<Value>(
  test: Evaluate<boolean>,
  then: Evaluate<Value>,
  otherwise: Evaluate<Value>,
): Evaluate<Value> {
  return (inputs) => (test(inputs) ? then(inputs) : otherwise(inputs));
}
