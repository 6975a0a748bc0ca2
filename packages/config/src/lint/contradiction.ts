/** `request.method == "GET"`, the parts of a condition that this looks at; either quote, no escapes. */
const EQUALS = /^\s*([a-z][\w.]*(?:\["[\w-]+"\]|\['[\w-]+'\])?)\s*(==|!=)\s*(?:"([^"\\]*)"|'([^'\\]*)')\s*$/i;

/** One part that must hold: a name equals, or does not equal, a text. */
interface Part {
  readonly name: string;
  readonly equals: boolean;
  readonly text: string;
}

/**
 * Says why conditions that must all hold never do; undefined when they may. Looks only at comparisons of one name with one text
 * that are joined by `&&`: a contradiction that is deeper stays unseen, but nothing is called one that is none. Pure.
 */
export function contradictionOf(
  texts: readonly string[],
  methods: ReadonlySet<string> | undefined,
): string | undefined {
  const known = new Map<string, string>();
  const excluded = new Set<string>();
  for (const { name, equals, text } of texts.flatMap(partsOf)) {
    const before = known.get(name);
    if (equals && before !== undefined && before !== text)
      return `${name} would have to be both "${before}" and "${text}"`;
    if (equals && excluded.has(`${name} ${text}`)) return `${name} would have to be and not to be "${text}"`;
    if (!equals && before === text) return `${name} would have to be and not to be "${text}"`;
    if (equals && name === 'request.method' && methods?.has(text) === false)
      return `no route that runs it takes ${text}`;
    if (equals) known.set(name, text);
    else excluded.add(`${name} ${text}`);
  }
  return texts.some((text) => text.trim() === 'false') ? 'its condition is false' : undefined;
}

function partsOf(text: string): readonly Part[] {
  // With any of these the parts would not all have to hold.
  if (/\|\||\?|!\(|\bin\b/.test(text)) return [];
  return text.split('&&').flatMap((part) => {
    const found = EQUALS.exec(part.trim().replace(/^\((.*)\)$/, '$1'));
    if (found === null) return [];
    const [, name = '', operator, double, single = ''] = found;
    return [{ name: name.replaceAll("'", '"'), equals: operator === '==', text: double ?? single }];
  });
}
