export { accessLog as default } from './access-log.ts';
