import type { CompileContext, Exchange, Finding } from '@postern/kit';
import { editBody, toBodyEdit } from './body.ts';
import type { BodyEdited } from './body.ts';
import { editHeaders, toHeaderEdit } from './headers.ts';
import { editQuery, toQueryEdit } from './query.ts';
import { Report, toRules } from './rule.ts';
import type { Rule, WrittenMessage } from './rule.ts';

/** What rules do to the messages of one direction; what has nothing to do is undefined. */
export interface MessageRules {
  editHeaders: ((headers: Exchange['outgoing'], exchange: Exchange) => void) | undefined;
  /** Gives the new query; the very same text where nothing changed. */
  editQuery: ((query: string, exchange: Exchange) => string) | undefined;
  editBody: ((bytes: Uint8Array, exchange: Exchange) => BodyEdited) | undefined;
}

/** Whose rules they are. Codes of problems begin with the name of the plugin. */
interface Owner {
  readonly plugin: string;
  readonly direction: 'request' | 'response';
  readonly context: CompileContext;
}

/**
 * Turns rules on messages, in either form, into what requests read, with every problem found on the way. What a config edits in one
 * location it edits in one order: rules as they stand, then the map's remove, rename, set and add.
 */
export function compileMessageRules(
  written: WrittenMessage,
  { plugin, direction, context }: Owner,
): { readonly rules: MessageRules; readonly problems: readonly Finding[] } {
  const report = new Report(plugin, direction, context);
  const all = toRules(written, report);
  const of = <Edit>(
    location: Rule['location'],
    compile: (rule: Rule, report: Report) => Edit | undefined,
  ): readonly Edit[] =>
    all
      .filter((rule) => rule.location === location)
      .flatMap((rule) => {
        const edit = compile(rule, report);
        return edit === undefined ? [] : [edit];
      });
  const headers = of('header', toHeaderEdit);
  const query = of('query', toQueryEdit);
  const body = of('body', toBodyEdit);
  return {
    problems: report.problems,
    rules: {
      editHeaders: headers.length === 0 ? undefined : (list, exchange) => editHeaders(list, headers, exchange),
      editQuery: query.length === 0 ? undefined : (text, exchange) => editQuery(text, query, exchange),
      editBody: body.length === 0 ? undefined : (bytes, exchange) => editBody(bytes, body, exchange),
    },
  };
}
