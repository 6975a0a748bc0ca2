import { test } from 'tap';
import { WrongUsage, readOptions, usage } from '../../bench/core/options.ts';

const names = { cases: ['proxy', 'proxy-5', 'routes-1', 'routes-1000', 'bus'], peers: ['postern', 'nginx', 'caddy'] };
const read = (...words: readonly string[]) => readOptions(words, names);

test('without words everything is measured, in five rounds', async (t) => {
  t.same(read(), {
    quick: false,
    peers: names.peers,
    cases: names.cases,
    rounds: 5,
    turn: 2000,
    warmUp: 1000,
    out: undefined,
  });
});

test('a name stands for the case of that very name, else for those that begin with it', async (t) => {
  t.same(read('--case', 'proxy').cases, ['proxy']);
  t.same(read('--case', 'bus,routes').cases, ['routes-1', 'routes-1000', 'bus']);
  t.same(read('--case=routes-1').cases, ['routes-1']);
});

test('a quick run is one short round beside nginx, unless the words say otherwise', async (t) => {
  t.match(read('--quick'), { quick: true, rounds: 1, turn: 1000, peers: ['nginx'] });
  t.match(read('--quick', '--peers', 'caddy', '--rounds', '2', '--seconds', '3'), {
    rounds: 2,
    turn: 3000,
    peers: ['caddy'],
  });
});

test('the file of the results can be named', async (t) => {
  t.equal(read('--out', 'here.json').out, 'here.json');
});

test('words that mean nothing are refused by name', async (t) => {
  t.throws(() => read('--fast'), new WrongUsage('unknown option --fast'));
  t.throws(() => read('--rounds'), new WrongUsage('--rounds needs a value'));
  t.throws(() => read('--rounds', '0'), new WrongUsage('--rounds is a whole number from 1 on'));
  t.throws(() => read('--seconds', '1.5'), new WrongUsage('--seconds is a whole number from 1 on'));
  t.throws(() => read('--case', 'proxi', '--peers', 'apache'), new WrongUsage('there is no proxi, apache'));
});

test('the help names every case and peer', async (t) => {
  for (const name of [...names.cases, ...names.peers]) t.match(usage(names), name);
});
