export { keyAuth as default } from './key-auth.ts';
export { digestOf } from './digest.ts';
