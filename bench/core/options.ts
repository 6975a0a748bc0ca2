/** What to measure, and how. */
export interface Options {
  readonly quick: boolean;
  readonly peers: readonly string[];
  readonly cases: readonly string[];
  readonly rounds: number;
  /** Milliseconds of a measured turn, and of the warm-up before it. */
  readonly turn: number;
  readonly warmUp: number;
  /** Where the results go as JSON; undefined: where the bench puts them. */
  readonly out: string | undefined;
}

/** The names that can be asked for. */
export interface Names {
  readonly cases: readonly string[];
  readonly peers: readonly string[];
}

/** What is wrong with the words, for people. */
export class WrongUsage extends Error {}

/** What `--help` prints. */
export function usage({ cases, peers }: Names): string {
  return `npm run bench -- [options]

  --case NAMES     only these cases, comma-separated; a name stands for those that begin with it too (routes, workers)
  --peers NAMES    only these peers beside Postern, comma-separated
  --rounds N       rounds of a load (5)
  --seconds N      seconds of a turn (2)
  --quick          one short round beside nginx alone, in less than 90 seconds: for CI
  --out FILE       where to write the results as JSON (bench/results/<date>.json; nowhere with --quick)

cases: ${cases.join(', ')}
peers: ${peers.join(', ')}

npm run bench:publish -- FILE puts results on docs/performance.md.`;
}

/** Reads the words of the command line. Throws `WrongUsage`. */
export function readOptions(words: readonly string[], names: Names): Options {
  const given = new Map<string, string>();
  const flags = new Set<string>();
  for (let at = 0; at < words.length; at += 1) {
    const [name = '', inline] = (words[at] ?? '').split(/=(.*)/s);
    if (name === '--quick') flags.add(name);
    else if (['--case', '--peers', '--rounds', '--seconds', '--out'].includes(name)) {
      const value = inline ?? words[(at += 1)];
      if (value === undefined || value === '') throw new WrongUsage(`${name} needs a value`);
      given.set(name, value);
    } else throw new WrongUsage(`unknown option ${words[at]}`);
  }
  const quick = flags.has('--quick');
  const cases = listOf(given.get('--case'));
  const peers = listOf(given.get('--peers') ?? (quick ? 'nginx' : names.peers.join(',')));
  const strange = [
    ...cases.filter((name) => chosen(names.cases, [name]).length === 0),
    ...peers.filter((name) => !names.peers.includes(name)),
  ];
  if (strange.length > 0) throw new WrongUsage(`there is no ${strange.join(', ')}`);
  return {
    quick,
    peers,
    cases: chosen(names.cases, cases),
    rounds: numberOf(given, '--rounds', quick ? 1 : 5),
    turn: numberOf(given, '--seconds', quick ? 1 : 2) * 1000,
    warmUp: 1000,
    out: given.get('--out'),
  };
}

/** Those of all names that were asked for: by name, or all that begin with it where none has the very name. Empty: all. */
function chosen(all: readonly string[], asked: readonly string[]): readonly string[] {
  if (asked.length === 0) return all;
  const wanted = asked.flatMap((name) =>
    all.includes(name) ? [name] : all.filter((one) => one.startsWith(`${name}-`)),
  );
  return all.filter((name) => wanted.includes(name));
}

function listOf(text: string | undefined): readonly string[] {
  return (text ?? '').split(',').filter((name) => name !== '');
}

function numberOf(given: ReadonlyMap<string, string>, name: string, fallback: number): number {
  const value = Number(given.get(name) ?? fallback);
  if (!Number.isInteger(value) || value < 1) throw new WrongUsage(`${name} is a whole number from 1 on`);
  return value;
}
