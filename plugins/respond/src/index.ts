export { respond as default } from './respond.ts';
