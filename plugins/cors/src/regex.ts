import { RE2JS, RE2JSException } from 're2js';
import { broad } from './breadth.ts';
import { accept, reject } from './reading.ts';
import type { Reading } from './reading.ts';
import { quote } from './report.ts';
import type { Remark } from './report.ts';

/** Longest regular expression in an origin list. */
const LONGEST_REGEX = 512;

/** Most instructions that one regular expression may compile to: bounds what one origin can cost, with `LONGEST_ORIGIN`. */
const LARGEST_PROGRAM = 2000;

const LOOK_AROUND = /\(\?<?[=!]/;
const BACK_REFERENCE = /\\[1-9]|\\k[<{']|\(\?P=/;
/** `.*example\.com`: nothing keeps what comes before the name apart from it. */
const GLUED = /\.[*+]\??([a-z0-9-]+)\\?\./i;
/** `[a-z-]*example\.com`: the same with a class, harmful only in front of a registered name. */
const GLUED_CLASS = /(?:\]|\\w)(?:[*+]|\{[\d,]+\})\??([a-z0-9-]+)\\?\.[a-z]{2,}(?:\(?:|\)|\$|$)/i;
/** `example\.com.*`: anything may follow the host; behind a colon it is only the port. */
const OPEN_END = /[a-z0-9)](?:\.|\[\^[^\]]*\])[*+]\??\)*[*?]?\$?$/i;
/** Origins that nobody means: what takes them takes everything. `.invalid` exists nowhere (RFC 6761 section 6.4). */
const PROBES = ['https://postern-probe.invalid', 'http://postern-probe.invalid:61234'];

/**
 * Reads what stands behind `~`. RE2 has neither look-around nor back-references: that is why no pattern and no origin
 * can take more than linear time. Always matched with `testExact`, which needs no anchors: adding `^` and `$` as text
 * would bind to the outermost alternatives only.
 */
export function toRegex(source: string): Reading {
  if (source === '') return refuse(source, 'is empty', 'write a regular expression behind "~", or take the entry out');
  if (source.length > LONGEST_REGEX)
    return refuse(source, 'is too long', `stay within ${LONGEST_REGEX} characters: split it into several entries`);
  const regex = compile(source);
  if (typeof regex === 'string') return refuse(source, `is not valid: ${regex}`, mend(source));
  if (regex.programSize() > LARGEST_PROGRAM) {
    return refuse(source, 'is too large when compiled', 'use smaller repeat counts, or split it into several entries');
  }
  return accept({ kind: 'regex', regex }, [...remarksOn(source, regex)]);
}

/** The expression, or why it is none in the words of the engine. */
function compile(source: string): RE2JS | string {
  try {
    return RE2JS.compile(source);
  } catch (error) {
    if (error instanceof RE2JSException) return error.message.replace(/^error parsing regexp: /, '');
    throw error;
  }
}

function* remarksOn(source: string, regex: RE2JS): Generator<Remark> {
  const entry = `~${source}`;
  if (PROBES.some((probe) => regex.testExact(probe))) yield broad(entry, 'every origin');
  const dot = source.replace(/\\.|\[[^\]]*\]/g, '  ').search(/[a-z0-9-]\.[a-z0-9]/i);
  if (dot >= 0) {
    const message = `${quote(entry)} has a dot that stands for any character`;
    yield {
      code: 'cors/regex-loose',
      message,
      fix: `write "\\." for a dot, as in "${source.slice(dot, dot + 1)}\\.${source.slice(dot + 2, dot + 3)}"`,
    };
  }
  const glued = GLUED.exec(source) ?? GLUED_CLASS.exec(source);
  if (glued !== null) {
    const message = `${quote(entry)} also takes hosts that merely end in ${quote(glued[1] ?? '')}, such as evil-${glued[1] ?? ''}`;
    yield {
      code: 'cors/regex-loose',
      message,
      fix: 'put a dot in between, as in "(.+\\.)?example\\.com", or use a wildcard host',
    };
  }
  if (OPEN_END.test(source)) {
    const message = `${quote(entry)} ends open: it also takes hosts that merely begin like yours, such as app.example.com.evil.example`;
    yield {
      code: 'cors/regex-loose',
      message,
      fix: 'end it with the last label of the host, as in "\\.example\\.com"',
    };
  }
  if (/^\^?(?!https?\b)[a-z0-9-]+\\?\.[a-z0-9]/i.test(source)) {
    const message = `${quote(entry)} matches no origin: the whole origin must match, scheme included`;
    yield { code: 'cors/regex-never-matches', message, fix: `did you mean "~https://${source.replace(/^\^/, '')}"?` };
  }
}

function mend(source: string): string {
  if (LOOK_AROUND.test(source))
    return 'look-ahead and look-behind are not offered: say what may match instead, as alternatives or as several entries';
  if (BACK_REFERENCE.test(source))
    return 'back-references are not offered: write the repeated part out, or list the origins';
  return 'use RE2 syntax: https://github.com/google/re2/wiki/Syntax';
}

function refuse(source: string, what: string, fix: string): Reading {
  return reject('origin-regex', `the regular expression ${quote(`~${source}`)} ${what}`, fix);
}
