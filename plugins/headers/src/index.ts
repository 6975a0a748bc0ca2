export { headers as default } from './headers.ts';
