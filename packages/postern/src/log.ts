import type { Log } from '@postern/model';
import { pino } from 'pino';
import { prettyLine } from './pretty.ts';
import { LONGEST_LINE, shortLine } from './short-line.ts';

/** The log of a running program: a `Log` with an end. */
export interface ProgramLog extends Log {
  /** Writes out what is buffered; for the last moment before the process ends. */
  flush(): void;
  /** Others write to the same output from now on: no line may be torn by theirs. */
  share(): void;
}

export const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** How the log is written. */
export interface LogOptions {
  readonly level: string;
  /** A small form for people instead of JSON lines. */
  readonly pretty: boolean;
  /** Number of the worker that writes; its lines say so. Absent: the only process, or the first. */
  readonly worker?: number;
}

// Bytes that may wait for a reader that has stopped reading; what comes after them is dropped, requests never wait.
const LONGEST_QUEUE = 8 * 1024 * 1024;

/** Opens the log on standard output: JSON lines, or a small form for people. */
export function openLog({ level, pretty, worker }: LogOptions): ProgramLog {
  const out = pino.destination({ dest: 1, sync: false, maxLength: LONGEST_QUEUE });
  let shared = false;
  const share = (): void => {
    shared = true;
    // Several lines go out in one write, as many as fit.
    Object.assign(out, { maxWrite: LONGEST_LINE });
  };
  if (worker !== undefined) share();
  // A reader that went away (EPIPE) must not end the gateway.
  out.on('error', () => undefined);
  const stream = {
    write(line: string): void {
      const whole = shared ? shortLine(line) : line;
      out.write(pretty ? prettyLine(whole) : whole);
    },
  };
  const logger = pino(
    {
      level,
      base: worker === undefined ? null : { worker },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
  return {
    info: (record, message) => logger.info(record, message),
    warn: (record, message) => logger.warn(record, message),
    error: (record, message) => logger.error(record, message),
    // A policy's record says its own time: the moment the request came, not the one its last byte left.
    write: (record) => {
      if (!logger.isLevelEnabled('info')) return;
      const timed = { level: 'info', ...('time' in record ? record : { time: new Date().toISOString(), ...record }) };
      stream.write(`${JSON.stringify(worker === undefined ? timed : { ...timed, worker })}\n`);
    },
    share,
    flush: () => {
      try {
        out.flushSync();
      } catch {
        // Nobody reads any more.
      }
    },
  };
}
