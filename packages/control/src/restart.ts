import type { Issue, ServerSection } from '@postern/model';

/**
 * Compares a new server section with the one read at start. A warning that names the changed keys, never their values
 * (the admin token is one of them); undefined when they are equal.
 */
export function restartIssue(started: ServerSection, now: ServerSection, origin: string): Issue | undefined {
  if (started.key === now.key) return undefined;
  const changed = changedKeys(members(started.key), members(now.key));
  return {
    severity: 'warning',
    code: 'control/restart-needed',
    message: `server: ${changed.join(', ')} changed since the start, and the server section is read only once`,
    file: origin,
    line: 1,
    column: 1,
    pointer: '/server',
    fix: 'restart the gateway, or take the change back',
  };
}

function changedKeys(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => before.get(name) !== after.get(name)).sort();
}

function members(key: string): ReadonlyMap<string, string> {
  const section: unknown = JSON.parse(key);
  const found = typeof section === 'object' && section !== null ? Object.entries(section) : [];
  // People write `listen`; the checked section calls what comes of it listeners.
  return new Map(found.map(([name, value]) => [name === 'listeners' ? 'listen' : name, JSON.stringify(value)]));
}
