import { TITLES } from './titles.ts';
import type { Results, Row } from './results.ts';
import { short } from './table.ts';

/** The cases of the chart, with what it calls them; two in a row. */
const PANELS: Readonly<Record<string, string>> = {
  proxy: 'Proxied GET, CORS policy',
  'proxy-5': 'Proxied GET, five policies',
  preflight: 'CORS preflight',
  refused: 'Refused with 403',
  connect: 'New connection for each request',
  h2: 'Proxied GET over HTTP/2',
};

const [WIDTH, PANEL, LABEL, BAR, GAP, HEAD] = [860, 400, 142, 16, 6, 34];
const MARGIN = 20;
const TOP = 64;
/** Room for the figure behind the longest bar. */
const FIGURE = 64;
const COLORS = { postern: '#c2410c', other: '#94a3b8', range: '#475569', text: '#0f172a', faint: '#64748b' } as const;

/**
 * Draws what a request costs each gateway as an SVG: a panel for each case, a bar for each peer, the cheapest on top, with
 * its range over the rounds. Pure: the same results give the same bytes.
 */
export function chart({ rows, machine, date }: Pick<Results, 'rows' | 'machine' | 'date'>): string {
  const panels = Object.entries(PANELS)
    .map(([name, title]) => ({ title, rows: rowsOf(rows, name) }))
    .filter((panel) => panel.rows.length > 0);
  const parts: string[] = [];
  let y = TOP;
  for (let at = 0; at < panels.length; at += 2) {
    const pair = panels.slice(at, at + 2);
    for (const [side, panel] of pair.entries()) parts.push(drawPanel(panel, MARGIN + side * (PANEL + MARGIN), y));
    y += HEAD + Math.max(...pair.map((panel) => panel.rows.length)) * (BAR + GAP) + MARGIN;
  }
  const height = y + 10;
  const caption = `µs of processor time for one request, median of all rounds with the range; shorter is better. ${date}, ${machine.cores} cores, ${machine.model}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title about" font-family="system-ui, -apple-system, 'Segoe UI', sans-serif">
<title id="title">What a request costs each gateway</title>
<desc id="about">${escaped(caption)}</desc>
<rect width="${WIDTH}" height="${height}" rx="8" fill="#ffffff"/>
${text(MARGIN, 28, 'What a request costs', { size: 18, weight: 600 })}
${text(MARGIN, 48, caption, { size: 11, fill: COLORS.faint })}
${parts.join('\n')}
</svg>
`;
}

/** The rows of a case with a cost, the cheapest first. */
function rowsOf(rows: readonly Row[], name: string): readonly Row[] {
  const cost = (row: Row): number => row.figures['cpu']?.median ?? Number.POSITIVE_INFINITY;
  return rows
    .filter((row) => row.case === name && 'cpu' in row.figures)
    .toSorted((one, other) => cost(one) - cost(other));
}

function drawPanel(panel: { readonly title: string; readonly rows: readonly Row[] }, x: number, y: number): string {
  const longest = Math.max(...panel.rows.map(({ figures }) => figures['cpu']?.max ?? 0));
  const scale = (PANEL - LABEL - FIGURE) / longest;
  const bars = panel.rows.map((row, at) => drawBar(row, { x, y: y + HEAD + at * (BAR + GAP), scale }));
  return [text(x, y + 18, panel.title, { size: 13, weight: 600 }), ...bars].join('\n');
}

function drawBar(
  { peer, figures }: Row,
  at: { readonly x: number; readonly y: number; readonly scale: number },
): string {
  const cost = figures['cpu'];
  if (cost === undefined) return '';
  const own = peer === 'postern';
  const start = at.x + LABEL;
  const middle = at.y + BAR / 2;
  const ends = [cost.min, cost.median, cost.max].map((value) => start + value * at.scale);
  const [low = start, end = start, high = start] = ends;
  const weight = own ? 600 : 400;
  return [
    text(start - 8, middle + 4, TITLES[peer] ?? peer, { size: 11, weight, anchor: 'end' }),
    `<rect x="${start}" y="${at.y}" width="${round(end - start)}" height="${BAR}" rx="2" fill="${own ? COLORS.postern : COLORS.other}"/>`,
    `<path d="M${round(low)} ${middle}H${round(high)}" stroke="${COLORS.range}" stroke-width="1.5"/>`,
    text(Math.max(end, high) + 6, middle + 4, short(cost.median), { size: 11, weight }),
  ].join('\n');
}

interface Look {
  readonly size: number;
  readonly weight?: number;
  readonly fill?: string;
  readonly anchor?: 'start' | 'end';
}

function text(x: number, y: number, value: string, look: Look): string {
  const { size, weight = 400, fill = COLORS.text, anchor = 'start' } = look;
  return `<text x="${round(x)}" y="${round(y)}" font-size="${size}" font-weight="${weight}" fill="${fill}" text-anchor="${anchor}">${escaped(value)}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
