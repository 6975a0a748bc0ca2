import { test } from 'tap';
import { drive } from '../src/drive.ts';
import { afterReads } from '../src/wire/turn.ts';

test('what was read is decided before the next slice of a compile', async (t) => {
  const order: string[] = [];
  function* stages(): Generator<undefined, string, undefined> {
    for (let slice = 0; slice < 3; slice += 1) {
      order.push('slice');
      const until = performance.now() + 10;
      while (performance.now() < until);
      yield undefined;
    }
    return 'done';
  }
  const driven = drive(stages());
  // Read after the compile asked for its next turn, as in a loop that has both to do.
  afterReads({ lookAtRead: () => void order.push('message') });
  t.equal(await driven, 'done');
  t.strictSame(order, ['slice', 'message', 'slice', 'slice']);
});
