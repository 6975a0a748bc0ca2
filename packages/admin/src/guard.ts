import type { AdminAddress } from '@postern/model';
import { isLoopback, namesLoopback } from './host.ts';
import type { Problem } from './problem.ts';
import { bearerCheck } from './token.ts';

/** What the guard reads of a request: nothing of its body. */
export interface GuardedRequest {
  readonly method: string;
  readonly path: string;
  readonly host: string | undefined;
  readonly authorization: string | undefined;
}

/** Probes of a supervisor carry no token, and learn one bit. */
const OPEN: ReadonlySet<string> = new Set(['/livez', '/readyz']);

/**
 * Makes the check that every request passes before anything else of it is read: host, then token, then path, then
 * method, so that who may not look does not learn what is there. Undefined lets it through.
 */
export function guard(
  address: AdminAddress,
  isKnown: (path: string) => boolean,
): (request: GuardedRequest) => Problem | undefined {
  const loopback = isLoopback(address.host);
  const mayLook = bearerCheck(address.token);
  return (request) => {
    if (loopback && !namesLoopback(request.host, address.host)) return FOREIGN_HOST;
    if (!OPEN.has(request.path) && !mayLook(request.authorization)) return NO_TOKEN;
    if (!isKnown(request.path)) return NO_SUCH_PATH;
    if (request.method !== 'GET' && request.method !== 'HEAD') return NOT_THIS_METHOD;
    return undefined;
  };
}

const FOREIGN_HOST: Problem = {
  status: 403,
  code: 'admin/host-not-allowed',
  title: 'Forbidden',
  detail: 'On loopback the admin port answers to localhost, 127.0.0.1 and [::1] only.',
};

const NO_TOKEN: Problem = {
  status: 401,
  code: 'admin/token-required',
  title: 'Unauthorized',
  detail: 'Send the token of server.admin as "Authorization: Bearer <token>".',
  headers: { 'www-authenticate': 'Bearer realm="postern admin"' },
};

const NO_SUCH_PATH: Problem = {
  status: 404,
  code: 'admin/not-found',
  title: 'Not Found',
  detail: 'The admin port has /livez, /readyz, /metrics, /api/v1/status and /api/v1/decisions.',
};

const NOT_THIS_METHOD: Problem = {
  status: 405,
  code: 'admin/method-not-allowed',
  title: 'Method Not Allowed',
  detail: 'This path takes GET and HEAD.',
  headers: { allow: 'GET, HEAD' },
};
