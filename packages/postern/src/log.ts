import type { Log } from '@postern/model';
import { pino } from 'pino';
import { prettyLine } from './pretty.ts';

/** The log of a running program: a `Log` with an end. */
export interface ProgramLog extends Log {
  /** Writes out what is buffered; for the last moment before the process ends. */
  flush(): void;
}

export const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** How the log is written. */
export interface LogOptions {
  readonly level: string;
  /** A small form for people instead of JSON lines. */
  readonly pretty: boolean;
}

// Bytes that may wait for a reader that has stopped reading; what comes after them is dropped, requests never wait.
const LONGEST_QUEUE = 8 * 1024 * 1024;

/** Opens the log on standard output: JSON lines, or a small form for people. */
export function openLog({ level, pretty }: LogOptions): ProgramLog {
  const out = pino.destination({ dest: 1, sync: false, maxLength: LONGEST_QUEUE });
  // A reader that went away (EPIPE) must not end the gateway.
  out.on('error', () => undefined);
  const stream = pretty ? { write: (line: string) => void out.write(prettyLine(line)) } : out;
  const logger = pino(
    {
      level,
      base: null,
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
      stream.write(`${JSON.stringify(timed)}\n`);
    },
    flush: () => {
      try {
        out.flushSync();
      } catch {
        // Nobody reads any more.
      }
    },
  };
}
