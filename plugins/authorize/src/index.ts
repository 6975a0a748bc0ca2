export { authorize as default } from './authorize.ts';
