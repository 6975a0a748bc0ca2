import type { CheckedPolicy, Condition, Level, Path, Place, PolicyMode } from '@postern/model';
import { readsGround } from './condition/fold.ts';
import { conditionAt } from './conditions.ts';
import type { Inspection } from './inspection.ts';
import { placeOf, remark } from './inspection.ts';
import type { Names } from './names.ts';
import { lookUp } from './names.ts';
import { quoted } from './quote.ts';
import type { EntryText } from './schema/document.ts';
import { pointerOf } from './tree.ts';

/** One policy in one list: what counts for it there, and where the list says so. */
export interface Use {
  readonly policy: CheckedPolicy;
  readonly mode: PolicyMode;
  /** The entry's own condition, beside the policy's. */
  readonly when: Condition | undefined;
  /** Whether a condition reads names or labels of group or route: then it differs from route to route. */
  readonly grounded: boolean;
  /** Whether only the narrowest attached policy of its plugin counts. */
  readonly single: boolean;
  readonly level: Level;
  readonly path: Path;
  readonly place: Place;
  readonly pointer: string;
  /** True when the list names the policy itself, false when it selects by labels. */
  readonly named: boolean;
}

/** A level's list with every name known; `inherit` is where the wider level's list runs. */
export type UseList = readonly (Use | 'inherit')[];

/** The policies of a document, and which of them any list has named so far. */
export interface Attachable {
  readonly names: Names<CheckedPolicy>;
  readonly policies: readonly CheckedPolicy[];
  readonly attached: Set<string>;
}

/** One level's list as written. */
export interface ListText {
  readonly entries: readonly EntryText[] | undefined;
  readonly level: Level;
  readonly path: Path;
}

/** Turns the names, labels and modes of one list into uses of policies, in the written order. */
export function attach(
  inspection: Inspection,
  { entries = [], level, path }: ListText,
  attachable: Attachable,
): UseList {
  const list: (Use | 'inherit')[] = [];
  for (const [position, entry] of entries.entries()) {
    const at = [...path, position];
    if (entry === 'inherit') {
      if (inheritStands(inspection, { list, level, at })) list.push('inherit');
      continue;
    }
    const place = placeOf(inspection, at);
    const pointer = pointerOf(at);
    const named = typeof entry === 'string' || 'policy' in entry;
    const { mode, when: text } = typeof entry === 'string' ? AS_THE_POLICY : entry;
    const policies = policiesOf(inspection, { entry, at }, attachable);
    const plugins = policies.map(({ plugin }) => plugin);
    const when = conditionAt(inspection, { text, path: [...at, 'when'], plugins });
    for (const policy of policies) {
      attachable.attached.add(policy.name);
      const single = inspection.known.plugins.get(policy.plugin)?.single ?? false;
      const grounded = [policy.when, when].some((one) => one !== undefined && readsGround(one.expression));
      list.push({ policy, mode: mode ?? policy.mode, when, grounded, single, level, path: at, place, pointer, named });
    }
  }
  checkRepeats(inspection, list);
  checkSingles(inspection, list);
  return list;
}

const NOTHING_WIDER = {
  code: 'policies/inherit-at-gateway',
  message: 'there is no wider list than the gateway to inherit',
  fix: 'remove inherit',
};
const WITHIN_ANOTHER = {
  code: 'policies/inherit-at-consumer',
  message: "a consumer inherits nothing: its list runs within the route's, behind the policy that identified it",
  fix: 'remove inherit',
};

const AS_THE_POLICY = { mode: undefined, when: undefined };

interface EntryAt {
  readonly entry: EntryText;
  readonly at: Path;
}

function policiesOf(inspection: Inspection, { entry, at }: EntryAt, attachable: Attachable): readonly CheckedPolicy[] {
  if (typeof entry === 'object' && 'select' in entry) {
    const labels = Object.entries(entry.select);
    // Without labels the schema has spoken.
    const selected = attachable.policies.filter(
      (policy) => labels.length > 0 && labels.every(([label, value]) => policy.labels[label] === value),
    );
    if (selected.length === 0 && labels.length > 0) {
      const message = 'no policy has these labels: nothing runs here';
      const fix = 'give a policy these labels, or select others';
      remark(inspection, at, { severity: 'warning', code: 'policies/selects-nothing', message, fix });
    }
    return selected;
  }
  const name = typeof entry === 'string' ? entry : entry.policy;
  const path = typeof entry === 'string' ? at : [...at, 'policy'];
  const policy = lookUp(inspection, path, { name, among: attachable.names });
  return policy === undefined ? [] : [policy];
}

function inheritStands(
  inspection: Inspection,
  { list, level, at }: { readonly list: UseList; readonly level: Level; readonly at: Path },
): boolean {
  if (level === 'gateway' || level === 'consumer') {
    remark(inspection, at, level === 'gateway' ? NOTHING_WIDER : WITHIN_ANOTHER);
    return false;
  }
  if (!list.includes('inherit')) return true;
  remark(inspection, at, {
    code: 'policies/inherit-twice',
    message: 'inherit is in this list already',
    fix: 'keep one of the two',
  });
  return false;
}

function checkRepeats(inspection: Inspection, list: UseList): void {
  const first = new Map<string, Use>();
  for (const use of list) {
    if (use === 'inherit') continue;
    const { name } = use.policy;
    const before = first.get(name);
    if (before === undefined) first.set(name, use);
    // Selecting what is also named is how people move one of a family to the front.
    else if (use.named && before.named) {
      const message = `${quoted(name)} is in this list already, on line ${before.place.line}: a policy runs once, at its first place`;
      const fix = 'remove one of the two';
      remark(inspection, use.path, { severity: 'warning', code: 'policies/named-twice', message, fix });
    }
  }
}

/** Of a plugin that declares `single` one enforced policy a level is the most: which of two should count is a guess. */
function checkSingles(inspection: Inspection, list: UseList): void {
  const first = new Map<string, Use>();
  for (const use of list) {
    if (use === 'inherit' || !use.single || use.mode !== 'enforce') continue;
    const { plugin, name } = use.policy;
    const before = first.get(plugin);
    if (before === undefined) first.set(plugin, use);
    else if (before.policy !== use.policy) {
      const message = `two ${plugin} policies at one level: ${quoted(name)} and, on line ${before.place.line}, ${quoted(before.policy.name)}`;
      const fix = 'keep one of them; each route runs one policy of this plugin';
      remark(inspection, use.path, { code: 'policies/two-at-one-level', message, fix });
    }
  }
}
