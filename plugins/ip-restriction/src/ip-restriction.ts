import { Schema, definePlugin, problem, refuse } from '@postern/kit';
import type { Exchange, Finding, Verdict } from '@postern/kit';
import { readAddress } from './address.ts';
import { RangeSet } from './range-set.ts';
import { readRange } from './range.ts';
import type { Range } from './range.ts';

const DEFAULT_STATUS = 403;

const ranges = (description: string) =>
  Schema.Optional(
    Schema.Array(Schema.String(), { description, minItems: 1, examples: [['203.0.113.0/24', '2001:db8::/32']] }),
  );

/** Lets requests in, or keeps them out, by the address of their client. */
export const ipRestriction = definePlugin({
  name: 'ip-restriction',
  summary: 'Lets requests in by the address of their client',
  config: Schema.Object({
    allow: ranges('Addresses and CIDRs that may come in, all others may not. Absent: all may that deny does not name.'),
    deny: ranges('Addresses and CIDRs that may not come in, whatever allow says.'),
    status: Schema.Optional(
      Schema.Union([Schema.Literal(403), Schema.Literal(404)], {
        description: 'Status of a refusal; 404 is what an address gets that nothing is behind. Default 403',
        default: DEFAULT_STATUS,
      }),
    ),
  }),
  guards: ({ allow, deny }) => deny !== undefined || (allow !== undefined && !setOf(readAll(allow)).hasAll),
  answers: () => false,
  compile({ allow, deny, status = DEFAULT_STATUS }, context) {
    const problems: Finding[] = [];
    for (const [member, list] of [['allow', allow] as const, ['deny', deny] as const]) {
      const { errors, warnings } = judge(list ?? [], member);
      problems.push(...errors);
      for (const warning of warnings) context.warn(warning);
    }
    if (allow === undefined && deny === undefined) problems.push(NO_LISTS);
    if (problems.length > 0) return problems;
    const allowed = allow === undefined ? undefined : setOf(readAll(allow));
    const denied = deny === undefined ? undefined : setOf(readAll(deny));
    const refusal = refuse({ status, code: 'ip-restriction/denied', detail: DETAILS[status] });
    return {
      request: function ipRestrictionRequest(exchange: Exchange): Verdict | undefined {
        const address = readAddress(exchange.request.clientAddress);
        // Who cannot be placed is nobody's friend: fail closed.
        if (address === undefined || denied?.has(address) === true) return refusal;
        return allowed === undefined || allowed.has(address) ? undefined : refusal;
      },
    };
  },
});

const DETAILS = { 403: 'Requests from this address are not let in.', 404: 'There is nothing here.' } as const;

const NO_LISTS: Finding = problem({
  code: 'ip-restriction/no-lists',
  path: [],
  message: 'neither allow nor deny is there: the policy would let everybody in',
  fix: 'name who may come in under allow, or who may not under deny',
});

function readAll(list: readonly string[]): readonly Range[] {
  return list.flatMap((text) => readRange(text) ?? []);
}

function setOf(list: readonly Range[]): RangeSet {
  return new RangeSet(list);
}

type Warned = Omit<Finding, 'severity'>;

/** What is wrong with the ranges of one list, and what is only odd. Pure. */
function judge(
  list: readonly string[],
  member: 'allow' | 'deny',
): { readonly errors: readonly Finding[]; readonly warnings: readonly Warned[] } {
  const errors: Finding[] = [];
  const warnings: Warned[] = [];
  const seen = new Set<string>();
  for (const [at, text] of list.entries()) {
    const path = [member, at];
    const range = readRange(text);
    if (range === undefined) {
      const message = `${JSON.stringify(text)} is no IP address and no CIDR`;
      const fix = 'write 203.0.113.7, 203.0.113.0/24 or 2001:db8::/32';
      errors.push(problem({ code: 'ip-restriction/range', path, message, fix }));
      continue;
    }
    const { canonical, hostBits } = range;
    if (hostBits) {
      const message = `${text} has bits that its prefix leaves out: it is read as ${canonical}`;
      const fix = `write ${canonical}, or the one address without its prefix`;
      warnings.push({ code: 'ip-restriction/host-bits', path, message, fix });
    }
    if (seen.has(canonical)) {
      const message = `${canonical} stands in this list twice`;
      warnings.push({ code: 'ip-restriction/duplicate', path, message, fix: 'take one of them out' });
    }
    seen.add(canonical);
  }
  return { errors, warnings };
}
