import { quote } from './report.ts';
import type { Remark } from './report.ts';

/** Top-level names under which nobody can register a site (RFC 2606, RFC 6761, RFC 6762, RFC 8375, ICANN `.internal`). */
const PRIVATE = new Set(['localhost', 'internal', 'local', 'lan', 'test', 'example', 'invalid', 'onion', 'home.arpa']);

/** Suffixes under which anybody can have a site: the well-known ones, not the whole public suffix list, which ages. */
const SHARED = new Set(
  [
    'co.uk org.uk com.au co.jp co.nz com.br com.cn co.in co.za com.mx com.tr',
    'github.io gitlab.io pages.dev workers.dev vercel.app netlify.app web.app firebaseapp.com herokuapp.com fly.dev',
    'onrender.com azurewebsites.net cloudfront.net amazonaws.com appspot.com run.app surge.sh glitch.me repl.co',
    'ngrok.io ngrok-free.app trycloudflare.com blogspot.com',
  ].flatMap((line) => line.split(' ')),
);

/** Remarks on a wildcard that strangers can get under. A warning, never an error: some gateways are meant for everybody. */
export function breadthOf(entry: string, suffix: string): readonly Remark[] {
  if (suffix === '') return [broad(entry, 'every site of its scheme')];
  if (SHARED.has(suffix)) return [broad(entry, `everybody who has a site under ${suffix}`)];
  if (suffix.includes('.') || PRIVATE.has(suffix)) return [];
  return [broad(entry, `every site under .${suffix}`)];
}

/** The remark on a pattern that takes more than one owner's origins. */
export function broad(entry: string, whom: string): Remark {
  return {
    code: 'cors/broad-pattern',
    message: `${quote(entry)} lets in ${whom}`,
    fix: 'name the hosts that you know, or keep it if that is meant',
  };
}
