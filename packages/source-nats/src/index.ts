export { BusError } from './bucket.ts';
export type { Bucket, Bus, Entry, PutOptions } from './bucket.ts';
export { openBus } from './bus.ts';
export type { BusOptions } from './bus.ts';
