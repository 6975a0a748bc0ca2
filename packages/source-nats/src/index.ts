export { BusError } from './bucket.ts';
export type { Bucket, Bus, Entry, PutOptions } from './bucket.ts';
export { openBus } from './bus.ts';
export type { BusOptions } from './bus.ts';
export { openEnvelope } from './envelope.ts';
export type { Envelope } from './envelope.ts';
export { keyIdOf, keyPair, readPrivateKey } from './keys.ts';
export { nextSignedRevision, signDocument } from './sign.ts';
export { MAX_VALUE_BYTES, packValue, unpackValue } from './value.ts';
