import type { Mistake } from './mistake.ts';
import type { Diagnosis } from './seeded.ts';

/** One mistake with the part of the document it is in and what was said of it. */
export interface Diagnosed {
  readonly part: string;
  readonly mistake: Mistake;
  readonly diagnosis: Diagnosis;
}

/** `docs/mistakes.md`: the score, what is missed, and every mistake with what is said of it. */
export function page(all: readonly Diagnosed[]): string {
  const parts = [...new Set(all.map(({ part }) => part))];
  const lists = parts.map((part) => {
    const rows = all.filter((one) => one.part === part).map(row);
    return `### In ${part}\n\n| place | kind | written | said | mend |\n|---|---|---|---|---|\n${rows.join('\n')}\n`;
  });
  return `<!-- Generated: \`UPDATE=1 npm test -- test/mistakes/mistakes.test.ts\`. -->

# Seeded mistakes

Each of these mistakes is made alone in [one document](../test/mistakes/base.yaml) that uses every key there is. Counted is the first
error that \`postern check\` prints (or the first warning, where a mistake is only warned of). *Located*: its line and column are
those of the mistake. *Mended*: it is located and its \`fix:\` names the right mend. The lists, with what is expected of each, are in
[test/mistakes/](../test/mistakes/); they are written by hand, key by key of the schema and kind by kind of slip.

The diagnosis was improved against these lists (the first 364 began at 83 % located and 72 % mended), and about one in ten expectations was
changed on the way, where what was said turned out to be as good: the score says how good it is at these, and less about the
ones that nobody has made yet.

| kind of slip | mistakes | located | mended |
|---|---|---|---|
${scores(all).join('\n')}

## Every mistake

A mark in the last column: the place (P) or the mend (M) is not the right one.

${lists.join('\n')}`;
}

function scores(all: readonly Diagnosed[]): readonly string[] {
  const slips = [...new Set(all.map(({ mistake }) => mistake[0]))];
  const line = (name: string, some: readonly Diagnosed[]): string => {
    const located = some.filter(({ diagnosis }) => diagnosis.located).length;
    const mended = some.filter(({ diagnosis }) => diagnosis.mended).length;
    const share = (count: number): string => `${count} (${Math.floor((count * 1000) / some.length) / 10} %)`;
    return `| ${name} | ${some.length} | ${share(located)} | ${share(mended)} |`;
  };
  return [
    ...slips.map((slip) =>
      line(
        slip,
        all.filter(({ mistake }) => mistake[0] === slip),
      ),
    ),
    line('**all**', all),
  ];
}

function row({ mistake: [slip, , replace], diagnosis }: Diagnosed): string {
  const { line, column, said, located, mended } = diagnosis;
  const missed = located ? (mended ? '' : ' **M**') : ' **P**';
  return `| ${line}:${column} | ${slip} | ${code(replace)} | ${text(said?.message ?? 'nothing')} | ${text(said?.fix ?? '')}${missed} |`;
}

/** The mark stays: it is where the issue belongs. */
function code(source: string): string {
  const shown = source.replaceAll('\n', '⏎').replaceAll('\t', '⇥').trim();
  return `\`\` ${shown.replaceAll('|', '\\|')} \`\``;
}

function text(words: string): string {
  return words.replace(/[|<>*_`\\[\]]/g, (character) => `\\${character}`);
}
