import { testContext } from '@postern/kit/testkit';
import t from 'tap';
import cors from '../src/index.ts';

t.test('the door shows one plugin', async (t) => {
  t.same(Object.keys(await import('../src/index.ts')), ['default']);
  t.equal(cors.name, 'cors');
  t.equal(cors.single, true);
  t.same(cors.owns, ['access-control-']);
  t.equal(cors.preflight, true, 'as what it compiles to says: conditions are judged by the fact');
  t.match(cors.compile({ allowOrigins: ['https://a.example'] }, testContext('a')), { preflight: Function });
  t.notOk(cors.guards({}), 'cors is no authentication');
});

t.test('every key of the config says what it is for', async (t) => {
  const { properties } = JSON.parse(JSON.stringify(cors.config));
  t.same(Object.keys(properties), [
    'protocols',
    'allowOrigins',
    'allowMethods',
    'allowHeaders',
    'exposeHeaders',
    'allowCredentials',
    'anyOriginWithCredentials',
    'maxAge',
    'requireOrigin',
    'enforcement',
    'rejectAll',
    'allowNullOrigin',
    'allowPrivateNetwork',
    'timingAllowOrigins',
    'preflightStatus',
  ]);
  for (const [key, value] of Object.entries(properties)) t.match(value, { description: /\.$/ }, key);
});

t.test('two policies share nothing', async (t) => {
  const [first, second] = [testContext('a'), testContext('b')];
  t.not(cors.compile({ allowOrigins: ['*'] }, first), cors.compile({ allowOrigins: ['*'] }, second));
});
