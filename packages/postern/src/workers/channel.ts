import type { ChildProcess } from 'node:child_process';

/** Calls by name: what is given and what is answered, both plain data. */
export type Calls = Readonly<Record<string, { readonly given: unknown; readonly answer: unknown }>>;

/** What answers the calls of the other side. A socket comes beside what is given. */
export type Answers<In extends Calls> = {
  readonly [Name in keyof In]: (
    given: In[Name]['given'],
    socket: object | undefined,
  ) => In[Name]['answer'] | Promise<In[Name]['answer']>;
};

type Message =
  | { readonly kind: 'ask' | 'tell'; readonly id: number; readonly name: string; readonly given: unknown }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly reason: string };

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Why a call has no answer: the other process is gone. */
export class Gone extends Error {}

/** One end of the wire between two processes: both ask, both answer. Whoever made both ends says what crosses. */
export class Channel<In extends Calls, Out extends Calls> {
  readonly #end: ChildProcess | NodeJS.Process;
  readonly #answers: Answers<In>;
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;
  /** Messages that came so far: whoever is still there says something now and then. */
  heard = 0;

  constructor(end: ChildProcess | NodeJS.Process, answers: Answers<In>) {
    this.#end = end;
    this.#answers = answers;
    // oxlint-disable-next-line typescript/consistent-type-assertions -- the other end is a channel of ours: nothing else writes to this wire
    end.on('message', (message: unknown, socket: unknown) => void this.#take(message as Message, socket));
    end.once('disconnect', () => this.#fail(new Gone('the other process is gone')));
  }

  /** Rejects with `Gone` when the other process ends before it answers, or has ended. */
  ask<Name extends keyof Out & string>(
    name: Name,
    given: Out[Name]['given'],
    socket?: object,
  ): Promise<Out[Name]['answer']> {
    this.#asked += 1;
    const id = this.#asked;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#send({ kind: 'ask', id, name, given }, socket);
    });
  }

  /** Does not wait for anything. */
  tell<Name extends keyof Out & string>(name: Name, given: Out[Name]['given']): void {
    this.#send({ kind: 'tell', id: 0, name, given }, undefined);
  }

  #send(message: Message, socket: object | undefined): void {
    const failed = (): void => {
      if (message.kind !== 'ask') return;
      this.#waiting.get(message.id)?.reject(new Gone('the other process is gone'));
      this.#waiting.delete(message.id);
    };
    if (!this.#end.connected) {
      failed();
      return;
    }
    // oxlint-disable-next-line typescript/consistent-type-assertions -- Node takes raw sockets as well, its types name only those with a JavaScript face
    this.#end.send?.(message, socket as undefined, {}, (error) => {
      if (error !== null) failed();
    });
  }

  async #take(message: Message, socket: unknown): Promise<void> {
    this.heard += 1;
    if (message.kind === 'answer') this.#waiting.get(message.id)?.resolve(message.answer);
    else if (message.kind === 'failed') this.#waiting.get(message.id)?.reject(new Error(message.reason));
    else {
      const answer = await this.#answer(message, typeof socket === 'object' && socket !== null ? socket : undefined);
      if (message.kind === 'ask') this.#send(answer, undefined);
      return;
    }
    this.#waiting.delete(message.id);
  }

  async #answer(asked: Extract<Message, { kind: 'ask' | 'tell' }>, socket: object | undefined): Promise<Message> {
    const { id, name, given } = asked;
    try {
      return { kind: 'answer', id, answer: await this.#answers[name]?.(given, socket) };
    } catch (error) {
      return { kind: 'failed', id, reason: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
