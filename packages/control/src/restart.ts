import type { Issue, ServerSection, SourceText } from '@postern/model';

/**
 * Compares the server section of a new text with the one read at start. A warning that names the changed keys, never
 * their values (the admin token is one of them); undefined when they are equal.
 */
export function restartIssue(started: ServerSection, now: ServerSection, source: SourceText): Issue | undefined {
  if (started.key === now.key) return undefined;
  const changed = changedKeys(members(started.key), members(now.key));
  return {
    severity: 'warning',
    code: 'control/restart-needed',
    message: `server: ${changed.join(', ')} changed since the start, and the server section is read only once`,
    file: source.origin,
    line: lineOfServer(source),
    column: 1,
    pointer: '/server',
    fix: 'restart the gateway, or take the change back',
  };
}

/** The line of the key, looked up in the text: a checked section remembers no place. A document without one: line 1. */
function lineOfServer({ text }: SourceText): number {
  const lines = (typeof text === 'string' ? text : new TextDecoder().decode(text)).split(/\r\n?|\n/);
  return (
    Math.max(
      0,
      lines.findIndex((line) => /^\s{0,2}["']?server["']?\s*:/.test(line)),
    ) + 1
  );
}

function changedKeys(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => before.get(name) !== after.get(name)).sort();
}

function members(key: string): ReadonlyMap<string, string> {
  const section: unknown = JSON.parse(key);
  const found: readonly (readonly [string, unknown])[] =
    typeof section === 'object' && section !== null ? Object.entries(section) : [];
  // People write `listen`; the checked section calls what comes of it listeners.
  return new Map(found.map(([name, value]) => [name === 'listeners' ? 'listen' : name, JSON.stringify(value)]));
}
