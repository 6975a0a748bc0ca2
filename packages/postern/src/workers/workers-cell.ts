import type {
  Applied,
  Candidate,
  Cell,
  CellEvent,
  CellStatus,
  DecisionFilter,
  DecisionSummary,
  Issue,
  Log,
  ToldDecision,
} from '@postern/model';
import { runningPolicies } from '@postern/server';
import type { AskAll } from './ask-all.ts';
import { Gone } from './channel.ts';
import type { WorkerMetrics } from './worker-metrics.ts';
import { abandonIn, commitIn, prepareIn } from './load.ts';
import type { Supervisor } from './supervisor.ts';
import { Trial } from './trial.ts';
import { deadlyIssue, vote } from './vote.ts';
import type { WorkerProcess } from './worker-process.ts';

/** What a cell of several processes is made of. */
export interface WorkersCellParts {
  readonly supervisor: () => Supervisor;
  readonly metrics: WorkerMetrics;
  readonly askAll: AskAll;
  readonly log: Log;
  readonly isDraining: () => boolean;
  /** Lets a worker listen. Rejects when it cannot: with `ListenerRefused` where the document is to blame. */
  readonly open: (worker: WorkerProcess) => Promise<void>;
  /** Whether workers listen before there is a document: where one may be long in coming. */
  readonly opensEmpty: boolean;
}

/** Why a worker cannot listen: the document is to blame. */
export class ListenerRefused extends Error {
  readonly issue: Issue;

  constructor(issue: Issue) {
    super(issue.message);
    this.issue = issue;
  }
}

/** Documents that are kept to go back to. */
const MOST_BEHIND = 4;

/** The cell of a data plane in several processes: all of them swap to a document, or none does. */
export class WorkersCell implements Cell {
  readonly #parts: WorkersCellParts;
  readonly #trial = new Trial({
    passed: () => void this.#behind.splice(0),
    isWell: () => this.#parts.supervisor().isWell,
  });
  /** What served before what is on trial, newest last: where to go back to. The first has stood its trial. */
  readonly #behind: Candidate[] = [];
  #serving: Candidate | undefined;
  #policies: () => CellStatus['policies'] = () => [];
  #before: Promise<unknown> = Promise.resolve();
  #hears: (event: CellEvent) => void = () => undefined;

  constructor(parts: WorkersCellParts) {
    this.#parts = parts;
  }

  apply(candidate: Candidate): Promise<Applied> {
    return this.#inTurn(() => this.#apply(candidate));
  }

  /** Gives a worker that has just been started what serves, then lets it listen. Rejects when it cannot. */
  join(worker: WorkerProcess): Promise<void> {
    return this.#inTurn(async () => {
      // A document that came while it waited its turn was given to it as to all others.
      const candidate = this.#serving;
      if (candidate !== undefined && worker.serving?.digest !== candidate.digest) {
        const said = await prepareIn(worker, candidate);
        if (said.kind === 'refused')
          throw new Error(`it refuses what serves: ${said.issues[0]?.message ?? 'no reason given'}`);
        await commitIn(worker, candidate);
      }
      if (candidate !== undefined || this.#parts.opensEmpty) await this.#open(worker);
    });
  }

  /** Takes note of a process that is lost. */
  lost(worker: WorkerProcess): void {
    const { preparing } = worker;
    const { onTrial } = this.#trial;
    const blamed = preparing ?? onTrial;
    if (blamed === undefined) return;
    this.#trial.died(blamed);
    if (blamed !== onTrial) return;
    this.#hears({ kind: 'disturbed', digest: blamed });
    if (this.#trial.isDeadly(blamed)) void this.#inTurn(() => this.#revoke(blamed));
  }

  listen(hears: (event: CellEvent) => void): void {
    this.#hears = hears;
  }

  /** A place that stays empty for long is something that people should know of. */
  alarm(id: number, message: string | undefined): void {
    const about = `worker ${id}`;
    const fix = 'see in the log what it dies of; the others serve on';
    this.#hears(message === undefined ? { kind: 'calm', about } : { kind: 'alarm', about, message, fix });
  }

  /** Nothing is on trial any more: the gateway ends. */
  end(): void {
    this.#trial.end();
  }

  status(): CellStatus {
    const { workers } = this.#parts.supervisor();
    const serving = workers.filter((worker) => worker.isOpen && !worker.isGone && worker.serving !== undefined);
    const sheds = serving.map(({ beat }) => beat?.shedding).filter((one) => one !== undefined);
    return {
      ready: serving.some(({ beat }) => beat?.shedding !== 'refusing') && !this.#parts.isDraining(),
      ...(sheds.length === 0 ? {} : { shedding: sheds.includes('refusing') ? 'refusing' : 'closing' }),
      revision: this.#serving?.revision,
      digest: this.#serving?.digest,
      liveSnapshots: Math.max(0, ...workers.map(({ beat }) => beat?.liveSnapshots ?? 0)),
      policies: this.#policies(),
      workers: this.#parts.supervisor().status(),
    };
  }

  metrics(): Promise<string> {
    return this.#parts.metrics.text(this.#present());
  }

  async decisions(filter: DecisionFilter): Promise<readonly DecisionSummary[]> {
    const lists = await this.#parts.askAll(this.#present(), (worker) => worker.channel.ask('decisions', filter));
    return lists
      .flat()
      .toSorted((one, other) => (one.at < other.at ? 1 : one.at > other.at ? -1 : 0))
      .slice(0, filter.limit);
  }

  /** The newest under that id: a client may have chosen it, and sent it to more than one worker. */
  async decision(id: string): Promise<ToldDecision | undefined> {
    const told = await this.#parts.askAll(this.#present(), (worker) => worker.channel.ask('decision', id));
    return told
      .filter((one) => one !== undefined)
      .toSorted((one, other) => (one.record.at < other.record.at ? 1 : -1))[0];
  }

  /** Workers that can take a document. */
  #present(): readonly WorkerProcess[] {
    return this.#parts.supervisor().workers.filter(({ isUp, isGone }) => isUp && !isGone);
  }

  #inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    const done = this.#before.then(work);
    this.#before = done.catch(() => undefined);
    return done;
  }

  async #apply(candidate: Candidate): Promise<Applied> {
    const voted = await vote(candidate, { present: () => this.#present(), trial: this.#trial });
    if (voted.kind === 'refused') return voted;
    // From here on it serves: whoever starts from now on is given this one.
    if (this.#serving !== undefined && this.#serving.digest !== candidate.digest) this.#leaveBehind(this.#serving);
    this.#serve(candidate);
    await Promise.all(voted.workers.map((worker) => commitIn(worker, candidate)));
    const refused = await this.#openAll(voted.workers);
    return refused === undefined
      ? { kind: 'accepted', warnings: voted.warnings }
      : { kind: 'refused', issues: [refused] };
  }

  /** Lets those listen that do not yet. What it returns keeps every worker from listening: nothing serves then. */
  async #openAll(workers: readonly WorkerProcess[]): Promise<Issue | undefined> {
    const failures = await Promise.all(
      workers.map((worker) =>
        this.#open(worker).then(
          () => undefined,
          (error: unknown) => ({ worker, error }),
        ),
      ),
    );
    const failed = failures.filter((failure) => failure !== undefined && !(failure.error instanceof Gone));
    const [first] = failed;
    // The swap holds where others serve: one that cannot listen is replaced like one that died.
    if (first === undefined || workers.some(({ isOpen }) => isOpen)) {
      for (const one of failed) one?.worker.kill('it could not listen');
      return undefined;
    }
    if (first.error instanceof ListenerRefused) return first.error.issue;
    throw first.error;
  }

  async #open(worker: WorkerProcess): Promise<void> {
    if (worker.isOpen || worker.isGone) return;
    await this.#parts.open(worker);
    worker.isOpen = true;
    worker.state = 'serving';
  }

  /** In a storm of documents none stands its trial: of those on the way a few are enough. */
  #leaveBehind(candidate: Candidate): void {
    this.#behind.push(candidate);
    if (this.#behind.length > MOST_BEHIND) this.#behind.splice(1, 1);
  }

  #serve(candidate: Candidate): void {
    this.#serving = candidate;
    this.#trial.serves(candidate.digest);
    let policies: CellStatus['policies'] | undefined;
    this.#policies = () => (policies ??= runningPolicies(candidate.document));
  }

  /** Goes back to what served before a document that workers die of; where there is nothing, it stays. */
  async #revoke(digest: string): Promise<void> {
    const revoked = this.#serving;
    if (revoked?.digest !== digest) return;
    const back = this.#behind.pop();
    this.#parts.log.error(
      { digest, revision: revoked.revision, back: back?.revision },
      `workers die of revision ${revoked.revision}: ${back === undefined ? 'there is nothing to go back to' : `back to revision ${back.revision}`}`,
    );
    this.#trial.end();
    if (back !== undefined) {
      this.#serve(back);
      await Promise.all(this.#present().map((worker) => this.#goBack(worker, back)));
      this.#parts.supervisor().forgive();
    }
    this.#hears({ kind: 'revoked', digest, issues: [deadlyIssue(revoked)], serving: back?.digest });
  }

  async #goBack(worker: WorkerProcess, candidate: Candidate): Promise<void> {
    const said = await prepareIn(worker, candidate);
    if (said.kind === 'prepared') await commitIn(worker, candidate);
    else if (said.kind === 'refused') {
      await abandonIn(worker);
      worker.kill('it refuses the document that served before');
    }
  }
}
