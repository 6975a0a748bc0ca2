import { canonicalPath } from './path.ts';

/** A path pattern in canonical form with what to warn of, or why the text is none. */
export type ParsedPattern =
  | {
      readonly kind: 'pattern';
      readonly path: string;
      readonly warning: { readonly message: string; readonly fix: string } | undefined;
    }
  | { readonly kind: 'wrong'; readonly message: string; readonly fix: string };

const PARAM = /^\{([A-Za-z_][A-Za-z0-9_]*)\}$/;

// Nearly every path there is: at most one parameter, segments that need no encoding and start with no dot or colon.
const SIMPLE =
  /^(?:\/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)*(?:\/\{[A-Za-z_][A-Za-z0-9_]*\})?(?:\/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)*(?:\/\*?)?$/;

/**
 * Reads the path of a route: literal segments, `{param}` segments, at most one `/*` at the end. Literal segments come out in
 * the canonical form of requests. Pure.
 */
export function parseRoutePath(text: string): ParsedPattern {
  if (text.length > 0 && text.length < 200 && SIMPLE.test(text))
    return { kind: 'pattern', path: text, warning: undefined };
  const open = text.endsWith('/*');
  const body = open ? text.slice(0, -2) : text;
  if (!text.startsWith('/')) return wrong('the path does not start with /', 'put a / in front of it');
  const names = new Set<string>();
  const literals: string[] = [];
  let colon = '';
  for (const segment of body.split('/').slice(1)) {
    const name = PARAM.exec(segment)?.[1];
    if (name !== undefined) {
      if (names.has(name))
        return wrong(`the parameter {${name}} is in the path twice`, 'give each parameter its own name');
      names.add(name);
      // A letter that needs no encoding stands in while the literal segments around it are brought into form.
      literals.push('p');
      continue;
    }
    if (/[{}]/.test(segment))
      return wrong('a parameter must be a whole segment: {name}', 'write /items/{id}, not /items/item-{id}');
    if (segment.includes('*'))
      return wrong('a * may stand at the end only, as /*', 'write {name} for one segment, /* for all that follows');
    if (/^:[A-Za-z_]/.test(segment)) colon = segment.slice(1);
    literals.push(segment);
  }
  const canonical = canonicalPath(`/${literals.join('/')}`);
  if (canonical.kind === 'wrong') return wrong(`the path ${canonical.message}`, canonical.fix);
  const segments = body.split('/').slice(1);
  const formed = canonical.path
    .split('/')
    .slice(1)
    .map((segment, at) => (PARAM.test(segments[at] ?? '') ? segments[at] : segment));
  const path = body === '' && open ? '/*' : `/${formed.join('/')}${open ? '/*' : ''}`;
  if (open && body.endsWith('/')) return wrong('the path holds an empty segment', 'write one slash, not two');
  const warning =
    colon === '' ? undefined : { message: `:${colon} is taken literally`, fix: `write {${colon}} for a parameter` };
  return { kind: 'pattern', path, warning };
}

/** Reads a base path: literal segments, no trailing slash. Pure. */
export function parseBasePath(text: string): ParsedPattern {
  if (/[{}*]/.test(text))
    return wrong('the base path holds { } or *', 'write literal segments; parameters and /* go to routes');
  if (text.includes('%')) return wrong('the base path holds a %', 'write the characters themselves');
  const canonical = canonicalPath(text);
  if (canonical.kind === 'wrong') return wrong(`the base path ${canonical.message}`, canonical.fix);
  if (canonical.path === '/' || !canonical.path.endsWith('/'))
    return { ...canonical, kind: 'pattern', warning: undefined };
  const path = canonical.path.slice(0, -1);
  return { kind: 'pattern', path, warning: { message: 'the slash at the end has no meaning', fix: 'take it away' } };
}

function wrong(message: string, fix: string): ParsedPattern {
  return { kind: 'wrong', message, fix };
}
