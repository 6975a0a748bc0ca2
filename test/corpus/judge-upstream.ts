import type { BadInput, ExpectUpstream } from './case.ts';
import { PEER } from './peer.ts';
import type { Observation } from './observation.ts';
import type { StrictRequest } from './strict-reader.ts';

/** What is wrong with what the upstreams saw. Pure. */
export function upstreamViolations(
  { expect, bytes_b64, construction }: BadInput,
  seen: Observation,
): readonly string[] {
  const wanted = expect.upstream ?? {};
  const requests = [...seen.u1.requests, ...seen.u2.requests];
  const violations = requests.flatMap((request) => [
    ...targetViolations(wanted, request),
    ...bodyViolations(wanted, request),
    ...headerViolations(wanted, { request, host: seen.upstreamHost }),
  ]);
  const [fewest, most] = wanted.requests ?? [0, bytes_b64 === undefined || construction !== undefined ? Infinity : 1];
  // Fewer is the affair of the fate: `either` may refuse.
  if (requests.length > most) violations.push(`${requests.length} requests upstream, not ${fewest} to ${most}`);
  if (wanted.admin_contacted === false && seen.u2.requests.length + seen.u2.connections > 0)
    violations.push('the upstream behind the guard was contacted');
  if (seen.canary > 0) violations.push('the canary was contacted');
  if (wanted.no_bytes_as_tunnel === true && seen.u1.tunnelled > 0) violations.push('bytes went through as a tunnel');
  return violations;
}

function targetViolations(wanted: ExpectUpstream, { target, head, body }: StrictRequest): readonly string[] {
  const violations: string[] = [];
  const resolved = resolve(target);
  const { target_if_any: exact, target_under: under, target_never_resolves_to: never } = wanted;
  if (exact !== undefined && target !== exact) violations.push(`the target is ${target}, not ${exact}`);
  if (under !== undefined && !asBrowsersDo(target).startsWith(under))
    violations.push(`${target} is not under ${under}`);
  if (never !== undefined && resolved.startsWith(never)) violations.push(`${target} resolves to ${resolved}`);
  for (const part of wanted.no_target_containing ?? [])
    if (target.includes(part)) violations.push(`the target ${target} holds ${part}`);
  for (const part of wanted.raw_not_containing ?? [])
    if (head.includes(part) || body.includes(part)) violations.push(`${part} went upstream`);
  return violations;
}

/** What the laxest upstream may make of a target: every escape undone, then as browsers resolve it. */
function resolve(target: string): string {
  let path = target.split(/[?#]/)[0] ?? '';
  for (let times = 0; times < 2; times += 1)
    path = path.replace(/%(2e|2f|5c)/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16)));
  return asBrowsersDo(path);
}

function asBrowsersDo(target: string): string {
  return new URL(target.replace(/^[/\\]+/, '/'), 'http://upstream.test').pathname;
}

function bodyViolations(wanted: ExpectUpstream, { body }: StrictRequest): readonly string[] {
  const violations: string[] = [];
  const { body_if_any: exact, body_any_of: some, body_len_if_any: length } = wanted;
  const text = body.toString('latin1');
  const shown = JSON.stringify(text.slice(0, 100));
  if (exact !== undefined && text !== exact) violations.push(`the body is ${shown}`);
  if (some !== undefined && !some.includes(text)) violations.push(`the body is ${shown}`);
  if (length !== undefined && body.length !== length) violations.push(`the body has ${body.length} bytes`);
  return violations;
}

function headerViolations(
  wanted: ExpectUpstream,
  { request, host }: { readonly request: StrictRequest; readonly host: string },
): readonly string[] {
  const violations: string[] = [];
  const values = (name: string): readonly string[] =>
    request.lines.filter(([found]) => found === name).map(([, value]) => value);
  for (const name of wanted.headers_absent ?? []) if (values(name).length > 0) violations.push(`${name} went upstream`);
  for (const name of wanted.headers_present ?? [])
    if (values(name).length === 0) violations.push(`${name} did not go upstream`);
  for (const [name, part] of Object.entries(wanted.headers_absent_values ?? {}))
    if (values(name).some((value) => value.includes(part))) violations.push(`${name} with ${part} went upstream`);
  for (const [name, value] of Object.entries(wanted.headers_equal ?? {})) {
    const expected = value.startsWith('<upstream host') ? host : value;
    if (values(name).join() !== expected) violations.push(`${name} is ${values(name).join()}, not ${expected}`);
  }
  for (const [name, value] of Object.entries(wanted.header_bytes_if_any ?? {})) {
    const expected = value.replace(/\\x([0-9a-f]{2})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16)));
    if (values(name).join() !== expected) violations.push(`${name} is ${JSON.stringify(values(name))}, byte by byte`);
  }
  if (wanted.xff_last_is !== undefined) {
    const last = values('x-forwarded-for').join(',').split(',').at(-1)?.trim();
    if (last !== PEER) violations.push(`x-forwarded-for ends in ${last}`);
  }
  return violations;
}
