import { hash } from 'node:crypto';
import { Redis } from 'ioredis';
import { inTime, Late } from './in-time.ts';
import { TAKE } from './redis-script.ts';
import type { Question, StoreLink } from './store-link.ts';

/** Milliseconds that the first requests wait for the connection: with the loading of this module less than a step may take. */
const OPENING = 400;
/** Milliseconds for which nobody asks a store that did not answer in time; then one request tries. */
const PAUSE = 1000;
/** Milliseconds of silence after which a connection with questions on it is given up for another. */
const SILENCE = 5000;
/** Milliseconds between two tries to connect: at first, and at most. */
const [FIRST, LONGEST] = [50, 2000];

const SHA = hash('sha1', TAKE);

/** One connection to a Redis. It is opened by the first question. Lost, it comes back by itself, at ever longer intervals. */
export class RedisLink implements StoreLink {
  readonly #url: string;
  #redis: Redis | undefined;
  #opening: Promise<void> | undefined;
  #closed = false;
  #pausedUntil = 0;
  #trying = false;
  #lastError = '';

  constructor(url: string) {
    this.#url = url;
  }

  /** What the script says. Rejects when it does not say it in time, with words that show no password. */
  async take(question: Question): Promise<unknown> {
    const redis = await this.#connected();
    const isTry = this.#pausedUntil > 0;
    if (isTry && (this.#trying || performance.now() < this.#pausedUntil)) throw new Error('it did not answer in time');
    this.#trying = isTry;
    try {
      return await inTime(this.#evaluate(redis, question), question.timeout);
    } catch (error) {
      if (error instanceof Late) this.#pausedUntil = performance.now() + PAUSE;
      throw error;
    } finally {
      if (isTry) this.#trying = false;
    }
  }

  close(): void {
    this.#closed = true;
    this.#redis?.disconnect();
  }

  async #connected(): Promise<Redis> {
    if (this.#redis?.status !== 'ready' && !this.#closed) {
      this.#opening ??= this.#open();
      await this.#opening;
    }
    if (this.#redis?.status === 'ready') return this.#redis;
    throw new Error(`it is not connected${this.#lastError}`);
  }

  /** Resolves when the first try is over, or takes too long: it never rejects. */
  async #open(): Promise<void> {
    const redis = new Redis(this.#url, {
      lazyConnect: true,
      // What cannot be asked now is not asked later: the request has gone on by then.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      enableAutoPipelining: true,
      socketTimeout: SILENCE,
      connectTimeout: SILENCE,
      connectionName: 'postern',
      disableClientInfo: true,
      protocol: 2,
      retryStrategy: (times) => Math.min(LONGEST, FIRST * 2 ** Math.min(times, 10)) * (0.5 + Math.random() / 2),
    });
    this.#redis = redis;
    // Without a listener an error of the connection would end the process.
    redis.on('error', (error: Error) => (this.#lastError = `: ${error.message}`));
    redis.on('ready', () => {
      this.#lastError = '';
      this.#pausedUntil = 0;
    });
    await inTime(redis.connect(), OPENING).catch(() => undefined);
  }

  async #evaluate(redis: Redis, { key, words }: Question): Promise<unknown> {
    let answer: unknown;
    try {
      answer = await redis.call('EVALSHA', SHA, 1, key, ...words);
    } catch (error) {
      // After a restart of Redis, or another gateway's first question.
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      answer = await redis.call('EVAL', TAKE, 1, key, ...words);
    }
    // Late or not, it answers again.
    this.#pausedUntil = 0;
    return answer;
  }
}
