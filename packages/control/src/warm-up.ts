import { checkInThread, keepForGood } from './check-thread.ts';
import type { CheckSettings } from './check-now.ts';
import { toPlainSettings } from './plain-settings.ts';

/** Routes of a sample, and how often it is checked: enough that the code of the check is compiled for speed. */
const ROUTES = 1000;
const ROUNDS = 3;

/**
 * Has a thread ready for long texts, and keeps it: starting one and running cold code takes three times what a check takes,
 * and a document from the bus comes to all nodes of a machine at once. For gateways that are told by others when to
 * reload; costs about 40 MiB. The first call of a process does it. Never rejects.
 */
export async function warmUp(settings: CheckSettings): Promise<void> {
  if (!keepForGood()) return;
  const source = { text: SAMPLE, origin: 'sample', revision: 0 };
  try {
    for (let round = 0; round < ROUNDS; round += 1) await checkInThread(source, toPlainSettings(settings), undefined);
  } catch {
    // A thread that cannot start is told of when there is something to check.
  }
}

const SAMPLE = `upstreams: [{ name: sample, builtin: echo }]
apiGroups:
  - name: sample
    upstream: sample
    routes:
${Array.from({ length: ROUTES }, (_, at) => `      - { name: r${at}, path: "/r${at}/{id}", methods: [GET] }\n`).join('')}`;
