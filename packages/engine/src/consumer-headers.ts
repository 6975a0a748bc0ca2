import type { Consumer, HeaderPairs } from '@postern/model';

/** The name under which an upstream learns who asks. */
const NAME = 'x-consumer-name';
const LABEL = 'x-consumer-label-';

const known = new WeakMap<Consumer, HeaderPairs>();

/**
 * What upstreams are told of a consumer: its name, and each label whose key and value can stand in a header. The prefix is
 * reserved: what a client sends under it never passes the gate.
 */
export function consumerHeaders(consumer: Consumer): HeaderPairs {
  let pairs = known.get(consumer);
  if (pairs === undefined) known.set(consumer, (pairs = toPairs(consumer)));
  return pairs;
}

function toPairs({ name, labels }: Consumer): HeaderPairs {
  const fit = Object.entries(labels).filter(([key, value]) => TOKEN.test(key) && VISIBLE.test(value));
  return [NAME, name, ...fit.flatMap(([key, value]) => [`${LABEL}${key.toLowerCase()}`, value])];
}

const TOKEN = /^[\w-]+$/;
const VISIBLE = /^[\x20-\x7e]+$/;
