import { hostNameOf, readTarget } from './canonical.ts';

/** What the fixture of `policies.ts` has to make of a request. Written from the design alone: it shares no code with the gateway. */
export interface Modelled {
  /** Undefined: no reading, so nothing may come of it but a refusal. */
  readonly path: string | undefined;
  readonly sent: string | undefined;
  readonly group: string | undefined;
  readonly route: string | undefined;
  /** What the list of origins says: `yes` and `no` for sure, `doubt` where only a grant would be wrong. */
  readonly grant: 'yes' | 'no' | 'doubt' | 'none' | 'same';
}

interface Asked {
  readonly method: string;
  readonly target: string;
  readonly host: string;
  readonly origin: string | undefined;
}

/** Reads a request as the fixture has it. */
export function modelOf({ method, target, host, origin }: Asked): Modelled {
  const read = readTarget(target);
  const hostname = hostNameOf(read.authority ?? host);
  const grant = grantOf(origin, read.authority ?? host);
  if (read.sent === undefined || hostname === undefined)
    return { path: undefined, sent: undefined, group: undefined, route: undefined, grant };
  return { path: read.path, sent: read.sent, grant, ...routeOf(method, read.path, hostname) };
}

type Route = Pick<Modelled, 'group' | 'route'>;

function routeOf(method: string, path: string, hostname: string): Route {
  if (path === '/admin' || path.startsWith('/admin/')) return { group: 'admin', route: 'all' };
  const isShop = hostname === 'gateway.test' && (path === '/shop' || path.startsWith('/shop/'));
  if (!isShop) return { group: 'open', route: 'all' };
  const [first, second, third] = path.slice('/shop/'.length).split('/');
  const reads = method === 'GET' || method === 'HEAD';
  if (path === '/shop/items' && (reads || method === 'PUT')) return { group: 'shop', route: 'list' };
  if (first === 'items' && second !== undefined && second !== '') {
    if (third === undefined && reads) return { group: 'shop', route: 'one' };
    if (third === 'parts') return { group: 'shop', route: 'parts' };
  }
  return { group: 'shop', route: 'rest' };
}

/** What the browser's own reading of an origin says (the URL standard), against the list of the fixture. */
function grantOf(origin: string | undefined, host: string): Modelled['grant'] {
  if (origin === undefined || origin === '') return 'none';
  const own = `http://${host.toLowerCase()}`.replace(/\.?(?::(?:80)?)?$/, '').replace(/\.(?=:)/, '');
  const read = URL.canParse(origin) ? new URL(origin) : undefined;
  if (read?.origin === origin && isListed(read)) return isPlain(read) ? 'yes' : 'doubt';
  return origin.replace(/:80$/, '') === own ? 'same' : 'no';
}

const EXACT = new Set(['https://app.example.com', 'https://[2001:db8::1]:8443', 'https://xn--caf-dma.example']);

function isListed({ origin, protocol, hostname, port }: URL): boolean {
  if (EXACT.has(origin) || /^https:\/\/pr-[0-9]+\.preview\.test$/.test(origin)) return true;
  if (protocol === 'http:' && hostname === 'localhost') return true;
  return protocol === 'https:' && port === '' && hostname.endsWith('.example.org') && hostname !== '.example.org';
}

/** Nothing listens on port 0, and no public name holds what the URL standard lets into names beside letters, digits and hyphens. */
function isPlain({ hostname, port }: URL): boolean {
  if (port === '0') return false;
  return hostname.startsWith('[') || /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9-]+$/.test(hostname);
}
