// Conditions are evaluated by code of ours (docs/decisions/conditions.md): here it is held against the library's own evaluator.
import { Environment } from '@marcbachmann/cel-js';
import { HeaderList } from '@postern/model';
import { test } from 'tap';
import { toPredicate } from '../src/condition/evaluate.ts';
import { NOWHERE, fold } from '../src/condition/fold.ts';
import { readCondition } from '../src/condition/read.ts';
import { inputs } from './condition-inputs.ts';
import fc from '../../../test/kit/properties.ts';

const FIELDS = ['method', 'path', 'host'];
const HEADERS = ['a', 'b', 'x-c'];
const VALUES = ['', 'a', 'ab', 'GET', '12', '-3', 'zz', '/a/b', '9223372036854775807'];

const library = new Environment()
  .registerVariable('request', {
    schema: { ...Object.fromEntries(FIELDS.map((field) => [field, 'string'])), headers: 'map<string, string>' },
  })
  .registerVariable('group', { schema: { name: 'string', labels: 'map<string, string>' } });

const quoted = fc.constantFrom(...VALUES).map((value) => JSON.stringify(value));
const whole = fc.constantFrom('0', '1', '2', '3', '12', '9223372036854775807');

const { truth } = fc.letrec<{ text: string; number: string; truth: string }>((tie) => ({
  text: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    quoted,
    fc.constantFrom(...FIELDS).map((field) => `request.${field}`),
    fc.constantFrom(...HEADERS).map((name) => `request.headers['${name}']`),
    fc.constantFrom('group.name', "group.labels['tier']"),
    tie('text').map((text) => `${text}.lowerAscii()`),
    fc.tuple(tie('truth'), tie('text'), tie('text')).map(([test, yes, no]) => `(${test} ? ${yes} : ${no})`),
  ),
  number: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    whole,
    // The library takes the empty text for 0, which CEL does not.
    tie('text').map((text) => `int(${text} == '' ? 'none' : ${text})`),
    tie('text').map((text) => `size(${text})`),
    fc
      .tuple(tie('number'), fc.constantFrom('+', '-', '*', '/', '%'), tie('number'))
      .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
  ),
  truth: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc
      .tuple(tie('text'), fc.constantFrom('==', '!=', '<', '<=', '>', '>='), tie('text'))
      .map(([left, operator, right]) => `${left} ${operator} ${right}`),
    fc
      .tuple(tie('number'), fc.constantFrom('==', '!=', '<', '<=', '>', '>='), tie('number'))
      .map(([left, operator, right]) => `${left} ${operator} ${right}`),
    fc
      .tuple(tie('text'), fc.constantFrom('startsWith', 'endsWith', 'contains'), tie('text'))
      .map(([on, name, wanted]) => `${on}.${name}(${wanted})`),
    fc
      .tuple(tie('text'), fc.constantFrom('^a', 'b$', '[0-9]+', '.'))
      .map(([on, pattern]) => `${on}.matches('${pattern}')`),
    fc
      .tuple(tie('text'), fc.array(quoted, { minLength: 1, maxLength: 3 }))
      .map(([on, list]) => `${on} in [${list.join(', ')}]`),
    fc
      .tuple(fc.array(quoted, { minLength: 1, maxLength: 3 }), fc.constantFrom('exists', 'all'), tie('text'))
      .map(([list, name, on]) => `[${list.join(', ')}].${name}(x, ${on}.contains(x))`),
    fc.constantFrom(...HEADERS, 'none').map((name) => `('${name}' in request.headers)`),
    tie('truth').map((on) => `!(${on})`),
    fc
      .tuple(tie('truth'), fc.constantFrom('&&', '||', '=='), tie('truth'))
      .map(([left, operator, right]) => `((${left}) ${operator} (${right}))`),
  ),
}));

const request = fc.record({
  method: fc.constantFrom(...VALUES),
  path: fc.constantFrom(...VALUES),
  host: fc.constantFrom(...VALUES),
  headers: fc.record(Object.fromEntries(HEADERS.map((name) => [name, fc.constantFrom(...VALUES)]))),
});
const ground = fc.record({ name: fc.constantFrom(...VALUES), labels: fc.record({ tier: fc.constantFrom(...VALUES) }) });

function outcome(run: () => unknown): unknown {
  try {
    return run();
  } catch {
    return 'no answer';
  }
}

test('conditions say what the evaluator of the library says', async (t) => {
  let asked = 0;
  const seen = new Set<unknown>();
  fc.assert(
    fc.property(truth, request, ground, (text, { headers, ...rest }, group) => {
      const read = readCondition(text);
      // Too large, once loops are written out.
      if (read.kind === 'wrong')
        return read.problems.every(({ code }) => code === 'conditions/too-large' || code === 'conditions/pattern');
      asked += 1;
      const theirs = outcome(() => library.evaluate(text, { request: { ...rest, headers }, group }));
      const folded = fold(read.expression, { group, route: NOWHERE });
      const ours = outcome(() => toPredicate(folded)(inputs({ ...rest, headers: HeaderList.from(headers) })));
      seen.add(ours);
      return ours === theirs;
    }),
    { numRuns: 5000 },
  );
  t.ok(asked > 3000, `${asked} conditions were asked`);
  t.same(seen, new Set([true, false, 'no answer']));
});
