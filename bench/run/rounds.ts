import type { Case } from '../core/cases.ts';
import type { Options } from '../core/options.ts';
import type { Gap, Results, Row } from '../core/results.ts';
import { faultyTurn, rowOf } from '../core/row.ts';
import type { Children } from './children.ts';
import { NotComparable, enter } from './entrant.ts';
import type { Entrant, Sample } from './entrant.ts';
import type { Peer } from './peers.ts';
import type { Upstream } from './upstream.ts';

/** What a run of the bench has at hand. */
export interface Bench {
  readonly children: Children;
  readonly upstream: Upstream;
  readonly options: Options;
  /** Says what is going on, where somebody watches. */
  readonly progress: (text: string) => void;
}

/** What came of one group of cases. */
export interface Found {
  readonly rows: readonly Row[];
  readonly gaps: readonly Gap[];
}

/** Requests after which the code of a peer is compiled. */
const WARM = 20_000;

/** Measures all peers in all cases of a group, in turns: A B C, A B C, ... What one cannot do does not stop the others. */
export async function measureGroup(
  bench: Bench,
  cases: readonly Case[],
  { peers, absent }: { readonly peers: readonly Peer[]; readonly absent: Results['absent'] },
): Promise<Found> {
  const gaps = cases.flatMap((testCase) => without(testCase, absent));
  if (gaps.length > 0) return { rows: [], gaps };
  const rows: Row[] = [];
  bench.progress(`${cases.map(({ name }) => name).join(', ')}: starting`);
  const entered = await Promise.all(
    cases.flatMap((testCase) =>
      peers
        .filter(({ name }) => !testCase.own || name === 'postern')
        .map((peer) => enter(bench, peer, testCase).catch((error: unknown) => gapOf(testCase, peer, error))),
    ),
  );
  const entrants = entered.filter((one) => 'turn' in one);
  gaps.push(...entered.filter((one) => 'kind' in one));
  const samples = new Map(entrants.map((entrant): [Entrant, Sample[]] => [entrant, []]));
  const { rounds, warmUp, turn, quick } = bench.options;
  for (let round = quick ? 1 : 0; round <= rounds; round += 1) {
    for (const [entrant, taken] of samples) {
      const { testCase, peer } = entrant;
      bench.progress(`${testCase.name}, ${peer.name}: round ${round} of ${rounds}`);
      try {
        if (round === 0) {
          await warm(entrant, warmUp);
          continue;
        }
        // Who was idle while the others had their turn is slow at first.
        if (peer.warms || !quick) await entrant.turn(warmUp);
        const sample = await answeredTurn(entrant, turn);
        const fault = faultyTurn(testCase, sample);
        if (fault !== undefined) throw new Error(fault);
        taken.push(sample);
      } catch (error) {
        samples.delete(entrant);
        gaps.push(gapOf(testCase, peer, error));
      }
    }
  }
  for (const [{ testCase, peer }, taken] of samples) rows.push(rowOf(testCase.name, peer.name, taken));
  await Promise.all(entrants.map(({ child }) => child.end()));
  return { rows, gaps };
}

/** Lets a peer serve until its code is compiled; how long that takes depends on what else the machine does. */
async function warm(entrant: Entrant, warmUp: number): Promise<void> {
  let served = 0;
  for (let turns = 0; turns < 5 && served < (entrant.peer.warms ? WARM : 1); turns += 1)
    served += (await entrant.turn(warmUp)).requests;
}

/** Where others have the processor, the first long answer may take longer than a turn: then a longer one is tried. */
async function answeredTurn(entrant: Entrant, turn: number): Promise<Sample> {
  const sample = await entrant.turn(turn);
  return sample.requests === 0 && sample.broken === 0 ? entrant.turn(turn * 5) : sample;
}

/** Without its load generator there is nothing to measure. */
function without({ name, site }: Case, absent: Results['absent']): readonly Gap[] {
  const tool = site.protocol === 'h2c' ? 'h2load' : 'wrk';
  const reason = absent[tool];
  return reason === undefined ? [] : [{ case: name, peer: 'all', kind: 'not comparable', reason }];
}

function gapOf(testCase: Case, peer: Peer, error: unknown): Gap {
  const reason = (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, ' ');
  const kind = error instanceof NotComparable ? 'not comparable' : 'failed';
  return { case: testCase.name, peer: peer.name, kind, reason };
}
