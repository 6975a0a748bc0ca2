import { globSync, readFileSync } from 'node:fs';

/** A fenced block of a page. */
export interface Block {
  readonly page: string;
  readonly line: number;
  readonly language: string;
  /** What stands behind the language: `wrong` marks an example that must be refused. */
  readonly mark: string;
  readonly text: string;
}

/** Every fenced block of the project's own pages. */
export function blocks(): readonly Block[] {
  // docs/plugins/ is made of the READMEs of the plugins.
  const own = globSync(['*.md', 'docs/**/*.md', 'plugins/*/README.md', 'packages/*/README.md']);
  const pages = own.filter((page) => !/^docs.plugins/.test(page)).toSorted();
  return pages.flatMap((page) => blocksOf(page, readFileSync(page, 'utf8')));
}

function blocksOf(page: string, text: string): readonly Block[] {
  const found: Block[] = [];
  let open: { line: number; language: string; mark: string; lines: string[] } | undefined;
  for (const [at, line] of text.split('\n').entries()) {
    const fence = /^\s*```(\w*)\s*(.*)$/.exec(line);
    if (fence === null) open?.lines.push(line);
    else if (open === undefined)
      open = { line: at + 1, language: fence[1] ?? '', mark: (fence[2] ?? '').trim(), lines: [] };
    else {
      found.push({
        page,
        line: open.line,
        language: open.language,
        mark: open.mark,
        text: `${open.lines.join('\n')}\n`,
      });
      open = undefined;
    }
  }
  return found;
}

/**
 * Makes a whole document of an example: what holds policies only gets a group that attaches them all. Examples with groups
 * stand as they are.
 */
export function toDocument({ text }: Block): string {
  // The file of a node that follows a bucket may hold its server section alone.
  if (/^apiGroups:/m.test(text) || /^ {4}nats:/m.test(text)) return text;
  const names = [...text.matchAll(/^\s*(?:- )?\{?\s*name: ([a-z0-9-]+)/gm)].map(([, name]) => name);
  const upstreams = /^upstreams:/m.test(text) ? '' : 'upstreams: [{ name: playground, builtin: echo }]\n';
  const group = `apiGroups: [{ name: example, upstream: playground, policies: [${names.join(', ')}] }]\n`;
  return `${text}${upstreams}${group}`;
}
