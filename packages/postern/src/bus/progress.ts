import { spinner } from '@clack/prompts';
import { complain, say } from '../terminal.ts';

/** Where the progress of a wait is shown. */
export interface Progress {
  /** What is waited for now. */
  waiting(text: string): void;
  /** One node has answered. */
  answered(text: string, good: boolean): void;
  /** The wait is over. */
  end(text: string, good: boolean): void;
}

/** Progress for whoever reads: moving on a terminal, else one plain line per answer. */
export function openProgress(json: boolean): Progress {
  if (json) return quiet;
  return process.stdout.isTTY ? onTerminal() : plain;
}

const plain: Progress = {
  waiting: (text) => complain(text),
  answered: (text) => say(text),
  end: (text) => say(text),
};

/** The answer goes out as one JSON value at the end; the last word is for people, beside the pipe. */
const quiet: Progress = {
  waiting: () => undefined,
  answered: () => undefined,
  end: (text) => complain(text),
};

/** Each answer leaves its line above one that turns. */
function onTerminal(): Progress {
  let turning: ReturnType<typeof spinner> | undefined;
  let shown = '';
  const leave = (text: string, good: boolean): void => {
    const line = turning ?? spinner();
    if (turning === undefined) line.start(text);
    if (good) line.stop(text);
    else line.error(text);
    turning = undefined;
  };
  return {
    waiting(text) {
      shown = text;
      if (turning !== undefined) {
        turning.message(shown);
        return;
      }
      turning = spinner();
      turning.start(shown);
    },
    answered: leave,
    end: leave,
  };
}
