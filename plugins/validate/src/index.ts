export { validate as default } from './validate.ts';
