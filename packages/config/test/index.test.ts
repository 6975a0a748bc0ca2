import t from 'tap';
import * as door from '../src/index.ts';

t.test('the door shows exactly these names', (t) => {
  t.same(Object.keys(door).sort(), [
    'checkDocument',
    'documentSchema',
    'freeze',
    'holdsPiece',
    'inDocumentOrder',
    'issueCodes',
    'lint',
    'lintRules',
    'locate',
    'parseDuration',
    'parseSize',
    'plainDocument',
    'secretsOf',
    'toPredicate',
    'withoutIgnored',
  ]);
  t.end();
});
