export { basicAuth as default } from './basic-auth.ts';
export { hashPassword } from './hash-password.ts';
