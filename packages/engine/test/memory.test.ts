// Each snapshot once kept the one before it, that one all before, and so a gateway every document it ever had.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { setTimeout as delay } from 'node:timers/promises';
import { checkDocument } from '@postern/config';
import { test } from 'tap';
import { Current, Sharing, compileSnapshot } from '../src/index.ts';
import type { Snapshot } from '../src/index.ts';

const known = {
  plugins: new Map(),
  environment: { variable: () => undefined, file: () => undefined },
  unresolved: 'error',
} as const;

function snapshotOf(version: number, sharing: Sharing, previous: Snapshot | undefined): Snapshot {
  const text = `upstreams: [{ name: up, builtin: echo }]\napiGroups: [{ name: g${version}, upstream: up }]\n`;
  const checked = checkDocument({ text, origin: 'gateway.yaml', revision: version }, known);
  if (checked.kind === 'refused') throw new Error(JSON.stringify(checked.issues));
  const candidate = { document: checked.value, revision: version, digest: String(version) };
  const steps = compileSnapshot(candidate, { plugins: known.plugins, sharing, previous });
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  if (step.value.kind === 'refused') throw new Error(JSON.stringify(step.value.issues));
  return step.value.value;
}

test('a snapshot that was retired and has no exchanges is nobody’s any more', async (t) => {
  const none = (): void => undefined;
  const outcomes = { refused: none, responded: none, failed: none };
  const sharing = new Sharing({ counter: () => none, outcomes: () => outcomes, write: none });
  const current = new Current();
  const gone: WeakRef<Snapshot>[] = [];
  for (let version = 1; version <= 5; version += 1) {
    const snapshot = snapshotOf(version, sharing, current.snapshot);
    current.swap(snapshot);
    gone.push(new WeakRef(snapshot));
  }
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  for (let tries = 0; tries < 20 && gone.slice(0, 4).some((one) => one.deref() !== undefined); tries += 1) {
    await delay(10);
    collect();
  }
  t.same(
    gone.map((one) => one.deref()?.revision),
    [undefined, undefined, undefined, undefined, 5],
  );
});
