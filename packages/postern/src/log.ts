import type { Log } from '@postern/model';
import { pino } from 'pino';
import { LineWriter } from './line-writer.ts';
import { prettyLine } from './pretty.ts';
import { shortLine } from './short-line.ts';

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

/** Opens the log on standard output: JSON lines, or a small form for people. */
export function openLog({ level, pretty, worker }: LogOptions): ProgramLog {
  const out = new LineWriter((dropped) =>
    logger.warn({ dropped }, `${dropped} lines of the log were dropped: nobody read it`),
  );
  let shared = worker !== undefined;
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
  const writesLines = logger.isLevelEnabled('info');
  return {
    info: (record, message) => logger.info(record, message),
    warn: (record, message) => logger.warn(record, message),
    error: (record, message) => logger.error(record, message),
    write: (record) => {
      if (writesLines) stream.write(toLine(worker === undefined ? record : { ...record, worker }));
    },
    share: () => {
      shared = true;
    },
    dropped: () => out.dropped,
    flush: () => out.flush(),
  };
}

/**
 * The line of a policy's record. It says its own time: the moment the request came, not the one its last byte left. What is
 * added goes into the text, for a copy of the record costs more than all else here.
 */
function toLine(record: Readonly<Record<string, unknown>>): string {
  if ('level' in record) return `${JSON.stringify({ level: 'info', ...record })}\n`;
  const members = JSON.stringify(record).slice(1);
  const time = 'time' in record ? '' : `"time":"${new Date().toISOString()}"${members === '}' ? '' : ','}`;
  return `{"level":"info"${time === '' && members === '}' ? '' : ','}${time}${members}\n`;
}
