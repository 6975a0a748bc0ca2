import type { Dice } from './dice.ts';
import type { Input } from './input.ts';
import { TARGET_ATTACKS } from './request-attacks.ts';

const SEGMENTS = [
  'items',
  'ITEMS',
  'it%65ms',
  '7',
  'a%2Fb',
  'a%2fb',
  '%7Ex',
  '%c3%a9',
  'parts',
  'x;v=1',
  '..',
  '.',
  '%2e',
  '%2E%2e',
  '',
  '...',
  'a%20b',
  '{id}',
  '*',
] as const;
const BASES = [
  '/shop',
  '/shop',
  '/%73hop',
  '/Shop',
  '/shopping',
  '/admin',
  '/%61dmin',
  '/adm%69n',
  '',
  '/shop/',
  '/shop;x',
] as const;
const HOSTS = [
  'gateway.test',
  'gateway.test',
  'GATEWAY.test',
  'gateway.test.',
  'gateway.test:8080',
  'a.gateway.test',
  'other.test',
  '[::1]:80',
  'gateway.test..',
  'user@gateway.test',
  'gateway.test:x',
  '127.0.0.1',
] as const;
/** Those that the fixture allows, and their neighbours. */
const ORIGINS = [
  'https://app.example.com',
  'https://app.example.com',
  'https://a.example.org',
  'https://a.b.example.org',
  'https://example.org',
  'http://localhost:3000',
  'http://localhost',
  'https://pr-12.preview.test',
  'https://[2001:db8::1]:8443',
  'https://xn--caf-dma.example',
  'http://gateway.test',
  'http://gateway.test:80',
  'null',
  '',
] as const;
const PIECES = [
  '.evil.test',
  ':443',
  ':8443',
  ':80',
  ':0',
  ':99999',
  '/',
  '.',
  'evil',
  '@evil.test',
  '%2e',
  '?',
  '#',
  '\\',
  ' ',
  ',',
  '\t',
  '\xe9',
  'xn--',
  '*',
  '[',
  ']',
  '-',
  '_',
  '..',
  'https://',
] as const;

/** One request in four lines: method, target, host and, if there is one, origin. */
export function anyPolicyRequest(dice: Dice): Input {
  const lines = [dice.pick(['GET', 'GET', 'GET', 'POST', 'PUT', 'DELETE', 'HEAD']), target(dice), dice.pick(HOSTS)];
  if (dice.often(0.6)) lines.push(origin(dice));
  return { text: lines.join('\n'), cuts: [] };
}

function target(dice: Dice): string {
  if (dice.often(0.1)) return dice.pick(TARGET_ATTACKS).replace(/[\s]/g, '');
  const count = dice.few(5);
  const path = dice.pick(BASES) + Array.from({ length: count }, () => `/${segment(dice)}`).join('');
  const query = dice.often(0.2) ? `?${dice.pick(['a=b', '', '..//', '%zz', 'x=/admin'])}` : '';
  return (path === '' ? '/' : path) + query;
}

function segment(dice: Dice): string {
  if (dice.often(0.6)) return dice.pick(SEGMENTS);
  const text = dice.text(1 + dice.roll(4), "abz09-._~!$&'()*+,;=:@%");
  return text.replaceAll(/./g, (one) => (dice.often(0.2) ? `%${one.charCodeAt(0).toString(16)}` : one));
}

function origin(dice: Dice): string {
  const text: string = dice.pick(ORIGINS);
  if (dice.often(0.4)) return text;
  const at = dice.roll(text.length + 1);
  switch (dice.roll(5)) {
    case 0:
      return text + dice.pick(PIECES);
    case 1:
      return text.slice(0, at) + dice.pick(PIECES) + text.slice(at);
    case 2:
      return text.slice(0, at) + text.slice(at).toUpperCase();
    case 3:
      return text.slice(0, at) + text.slice(at + 1);
    default:
      return text.replace(/:\/\/|\./, dice.pick(PIECES));
  }
}
