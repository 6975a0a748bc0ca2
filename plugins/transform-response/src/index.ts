export { transformResponse as default } from './transform-response.ts';
