import type { Answer, Answers } from '../corpus/answer-reader.ts';
import { OF_THE_HOP } from './fields.ts';
import type { AnswerReading, ReadAnswer } from './reading-answer.ts';

/** One exchange with an upstream that answers anything. */
interface Exchanged {
  /** What the client saw. */
  readonly answers: Answers;
  readonly stalled: boolean;
  /** What the upstream's bytes are. */
  readonly reading: AnswerReading;
  /** What tells this exchange from all others. */
  readonly mark: string;
  readonly toHead: boolean;
}

/** Fields about the hop, or written anew by who passes an answer on. */
const HOP = new Set([...OF_THE_HOP, 'content-length', 'date', 'x-request-id']);

/** What is wrong with what the client saw: a well-formed answer or a visible end, and nobody else's. Pure. */
export function judgeAnswer({ answers, stalled, reading, mark, toHead }: Exchanged): readonly string[] {
  const { final, malformed } = answers;
  const violations: string[] = [];
  if (stalled) violations.push(`stalled: ${reading.kind}, and nothing comes`);
  if (malformed !== undefined && final.length > 0)
    violations.push(`surplus: ${JSON.stringify(malformed.slice(0, 200))}`);
  // The end of the connection in the midst of a head is an end that shows.
  else if (malformed !== undefined && !/^HTTP\/1\.1 [1-5]/.test(malformed))
    violations.push(`no answer of HTTP: ${JSON.stringify(malformed.slice(0, 200))}`);
  if (final.length > 1) violations.push(`too many answers: ${final.length}`);
  const foreign = [...JSON.stringify(answers).matchAll(/n\d{8}n/g)]
    .map(([found]) => found)
    .find((found) => found !== mark);
  if (foreign !== undefined) violations.push(`mixed: ${mark} got the answer of ${foreign}`);
  const [answer] = final;
  // A head leaves with the first bytes of its body: of one that is cut, or refused, before them the client sees the end alone.
  const mayEnd = reading.kind === 'cut' || (reading.kind === 'whole' && !reading.answer.usual);
  if (answer === undefined && mayEnd) return violations;
  if (answer === undefined)
    violations.push(`${reading.kind === 'whole' ? 'a valid answer is lost' : 'no answer'}: the client got none`);
  else if (isOurs(answer)) violations.push(...oursViolations(answer, reading));
  else violations.push(...passedViolations(answer, reading, toHead));
  return violations;
}

/** No generated answer has this type. */
function isOurs({ lines }: Answer): boolean {
  return lines.some(([name, value]) => name === 'content-type' && value === 'application/problem+json');
}

function oursViolations({ status, body }: Answer, reading: AnswerReading): readonly string[] {
  const violations: string[] = [];
  if (status !== 502 && status !== 504) violations.push(`answered ${status}: ${body.slice(0, 200)}`);
  if (reading.kind === 'whole' && reading.answer.usual)
    violations.push(`a valid answer is lost: ${status} in place of ${reading.answer.status}: ${body.slice(0, 200)}`);
  return violations;
}

function passedViolations(got: Answer, reading: AnswerReading, toHead: boolean): readonly string[] {
  if (reading.kind === 'none') return [`made up: ${got.status}, of bytes that are no answer`];
  const sent = reading.kind === 'cut' ? reading : reading.answer;
  const violations = got.status === sent.status ? [] : [`another status: ${got.status}, not ${sent.status}`];
  if (reading.kind === 'cut') {
    if (got.complete && !toHead) violations.push('whole: an answer that was cut looks whole');
    return violations;
  }
  const { answer } = reading;
  if (!got.complete) return answer.usual ? ['a valid answer is lost: it was cut'] : violations;
  if (got.body !== answer.body) violations.push(`another body: of ${got.body.length} bytes, not ${answer.body.length}`);
  return [...violations, ...fieldViolations(got, answer)];
}

function fieldViolations(got: Answer, { lines }: ReadAnswer): readonly string[] {
  const nominated = lines
    .filter(([name]) => name === 'connection')
    .flatMap(([, value]) => value.split(',').map((option) => option.trim().toLowerCase()));
  const wanted = lines.filter(([name]) => !HOP.has(name) && !nominated.includes(name)).map((line) => line.join(': '));
  const came = got.lines.filter(([name]) => !HOP.has(name)).map((line) => line.join(': '));
  return JSON.stringify(came) === JSON.stringify(wanted)
    ? []
    : [`other fields: ${JSON.stringify([came, wanted]).slice(0, 400)}`];
}
