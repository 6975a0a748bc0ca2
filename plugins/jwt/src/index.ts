export { jwt as default } from './jwt.ts';
