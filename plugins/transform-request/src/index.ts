export { transformRequest as default } from './transform-request.ts';
