import type { Answer } from './answer-reader.ts';
import type { BadInput } from './case.ts';
import type { Observation } from './observation.ts';

/** What is wrong with what the client saw. Pure. */
export function clientViolations({ expect }: BadInput, seen: Observation): readonly string[] {
  const wanted = expect.client;
  if (wanted === undefined) return [];
  const { final } = seen.answers;
  const [first] = final;
  const violations = first === undefined ? [] : [...headerViolations(wanted, first)];
  const most = wanted.responses_max ?? Infinity;
  if (final.length > most) violations.push(`${final.length} answers, not at most ${most}`);
  for (const { status, body, complete } of final) {
    if (wanted.status_not?.includes(status) === true) violations.push(`answered ${status}`);
    for (const part of wanted.body_not_containing ?? [])
      if (body.includes(part)) violations.push(`the body holds ${part}`);
    if (wanted.must_not_look_complete === true && status < 500 && complete)
      violations.push('an answer that was broken off looks whole');
  }
  const never = wanted.next_client_never_sees;
  if (never !== undefined && seen.next === undefined) violations.push('the next client got no answer');
  if (never !== undefined && JSON.stringify(seen.next).includes(never)) violations.push(`the next client got ${never}`);
  return violations;
}

function headerViolations(wanted: NonNullable<BadInput['expect']['client']>, answer: Answer): readonly string[] {
  const violations: string[] = [];
  const values = (name: string): readonly string[] =>
    answer.lines.filter(([found]) => found === name).map(([, value]) => value);
  for (const [name, value] of Object.entries(wanted.headers_equal ?? {}))
    if (values(name).join() !== value) violations.push(`${name} is ${values(name).join() || 'absent'}, not ${value}`);
  for (const name of wanted.headers_absent ?? [])
    if (values(name).length > 0) violations.push(`${name} is ${values(name).join()}, not absent`);
  const vary = values('vary')
    .join(',')
    .split(',')
    .map((member) => member.trim().toLowerCase());
  for (const member of [wanted.vary_contains, wanted.vary_contains_also])
    if (member !== undefined && !vary.includes(member.toLowerCase()))
      violations.push(`vary is ${vary.join() || 'absent'}`);
  for (const [name, part] of Object.entries(wanted.header_not_containing ?? {}))
    if (values(name).some((value) => value.includes(part))) violations.push(`${name} holds ${part}`);
  for (const [name, most] of Object.entries(wanted.header_count_max ?? {}))
    if (values(name).length > most) violations.push(`${values(name).length} lines of ${name}`);
  return violations;
}
