import { DEFAULT_MAX_AGE, LARGEST_USEFUL_MAX_AGE } from './config.ts';
import type { CorsConfig } from './config.ts';
import { checkAllowHeaders, checkExposeHeaders, checkMethods, listPlace } from './names.ts';
import type { NameList } from './names.ts';
import { checkAllowOrigins, checkTimingOrigins } from './origins.ts';
import type { AllowedOrigins } from './origins.ts';
import type { Report } from './report.ts';
import type { Rules } from './rules.ts';

/**
 * Turns what people write into what requests read: the one function between the two. Everything wrong goes into the
 * report; the rules count only when the report has no problem.
 */
export function toRules(config: CorsConfig, report: Report): Rules {
  const credentials = config.allowCredentials === true;
  const origins = checkAllowOrigins(config, report);
  const timing = checkTimingOrigins(config, report);
  const methods = checkMethods(config.allowMethods, report);
  const headers = checkAllowHeaders(config.allowHeaders, report);
  const expose = checkExposeHeaders(config.exposeHeaders, report);
  checkRest(config, report);
  return {
    origins,
    timing,
    protocols: config.protocols === undefined ? undefined : new Set(config.protocols),
    methods,
    // Fetch never asks whether a CORS-safelisted method is listed: GET, HEAD and POST need no leave.
    methodSet: new Set([...methods.names, 'GET', 'HEAD', 'POST']),
    headers,
    // Fetch asks for a safelisted name only because of its value, which browsers judge and gateways do not see.
    headerSet: new Set([...headers.names.map((name) => name.toLowerCase()), ...SAFELISTED_REQUEST_HEADERS]),
    credentials,
    requireOrigin: config.requireOrigin === true,
    rejectAll: config.rejectAll === true,
    strict: config.enforcement === 'strict',
    nullOrigin: config.allowNullOrigin === true,
    privateNetwork: config.allowPrivateNetwork === true,
    dynamic: dependsOnOrigin(config, origins, timing),
    preflightStatus: config.preflightStatus ?? 204,
    echoMethod: credentials && methods.all,
    echoHeaders: credentials && headers.all,
    sentMethods: sentList(methods, credentials),
    sentHeaders: sentList(headers, credentials),
    sentExpose: sentList(expose, credentials),
    sentMaxAge: String(config.maxAge ?? DEFAULT_MAX_AGE),
  };
}

/** Fetch, "CORS-safelisted request-header". */
const SAFELISTED_REQUEST_HEADERS = ['accept', 'accept-language', 'content-language', 'content-type', 'range'];

/** Joins a list as configured. With credentials `*` is a literal name to browsers (Fetch, "CORS protocol and credentials"). */
function sentList(list: NameList, credentials: boolean): string | undefined {
  if (list.all) return credentials ? undefined : ['*', ...list.names].join(', ');
  return list.names.length === 0 ? undefined : list.names.join(', ');
}

function dependsOnOrigin(config: CorsConfig, origins: AllowedOrigins, timing: AllowedOrigins | undefined): boolean {
  return (
    origins.kind === 'matched' ||
    timing?.kind === 'matched' ||
    config.requireOrigin === true ||
    config.rejectAll === true ||
    config.enforcement === 'strict' ||
    config.protocols !== undefined
  );
}

function checkRest(config: CorsConfig, report: Report): void {
  if (config.protocols?.length === 0) {
    const message = 'an empty list of protocols lets no cross-origin request in';
    report.problem(['protocols'], {
      code: 'cors/no-protocols',
      message,
      fix: 'name HTTP versions, or say rejectAll: true',
    });
  }
  if ((config.maxAge ?? 0) > LARGEST_USEFUL_MAX_AGE) {
    const message = `no browser keeps an answer for ${config.maxAge} seconds: Chromium stops at 7200, Firefox at 86400`;
    report.warning(['maxAge'], {
      code: 'cors/max-age-without-effect',
      message,
      fix: `use ${LARGEST_USEFUL_MAX_AGE} or less`,
    });
  }
  if (config.allowCredentials === true && config.exposeHeaders?.includes('*') === true) {
    const message = 'with credentials browsers take "*" for a header of that name, so nothing is exposed';
    const fix = 'name the response headers that scripts may read';
    report.warning(listPlace('exposeHeaders', config.exposeHeaders), {
      code: 'cors/expose-all-with-credentials',
      message,
      fix,
    });
  }
  if (config.allowNullOrigin === true && config.allowCredentials === true) {
    const message =
      'with allowCredentials: true every page could act as the visitor: any of them can send `Origin: null` from a sandboxed frame';
    const fix = 'take allowNullOrigin out, or set allowCredentials: false';
    report.problem(['allowNullOrigin'], { code: 'cors/null-origin-with-credentials', message, fix });
  }
  if (config.allowPrivateNetwork === true && (config.allowOrigins === undefined || config.allowOrigins.includes('*'))) {
    const message = 'every web site may reach this API inside a private network';
    report.warning(['allowPrivateNetwork'], {
      code: 'cors/private-network-for-all',
      message,
      fix: 'name the origins in allowOrigins',
    });
  }
}
