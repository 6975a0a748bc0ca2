/** What to measure, and how. */
export interface Options {
  readonly quick: boolean;
  /** Empty: all. */
  readonly peers: readonly string[];
  readonly cases: readonly string[];
  readonly rounds: number;
  /** Milliseconds of a measured turn, and of the warm-up before it. */
  readonly turn: number;
  readonly warmUp: number;
  /** Where the results go as JSON. */
  readonly out: string | undefined;
}

/** What is wrong with the words, for people. */
export class WrongUsage extends Error {}

export const USAGE = `npm run bench -- [options]

  --case NAMES     only these cases, comma-separated (\`routes\` stands for routes-1, routes-1000, routes-10000)
  --peers NAMES    only these peers beside Postern, comma-separated
  --rounds N       rounds of a load (5)
  --seconds N      seconds of a turn (2)
  --quick          one short round of everything, Postern and nginx alone: for CI
  --out FILE       write the results as JSON
  --list           print the cases and peers`;

/** Reads the words of the command line. Throws `WrongUsage`. */
export function readOptions(words: readonly string[]): Options {
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
  const seconds = numberOf(given, '--seconds', quick ? 1 : 2);
  return {
    quick,
    peers: listOf(given.get('--peers') ?? (quick ? 'postern,nginx' : '')),
    cases: listOf(given.get('--case') ?? ''),
    rounds: numberOf(given, '--rounds', quick ? 1 : 5),
    turn: seconds * 1000,
    warmUp: 1000,
    out: given.get('--out'),
  };
}

function listOf(text: string): readonly string[] {
  return text.split(',').filter((name) => name !== '');
}

function numberOf(given: ReadonlyMap<string, string>, name: string, fallback: number): number {
  const value = Number(given.get(name) ?? fallback);
  if (!Number.isInteger(value) || value < 1) throw new WrongUsage(`${name} is a whole number from 1 on`);
  return value;
}
