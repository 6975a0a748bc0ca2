export { compileLimit } from './compile-limit.ts';
export type { Limit, LimitWords } from './compile-limit.ts';
export { limitKeys } from './limit-keys.ts';
