import { definePlugin } from '@postern/kit';
import { defineRequest, defineResponse } from './actual.ts';
import { toRules } from './compile.ts';
import { corsConfig } from './config.ts';
import { defineJudge } from './judge.ts';
import { definePreflight } from './preflight.ts';
import { defineReport } from './report.ts';

/** The CORS protocol (WHATWG Fetch) in front of an upstream that need not know of it. */
export default definePlugin({
  name: 'cors',
  summary: 'Says which web sites may use an API from a browser, and answers their preflights',
  single: true,
  preflight: true,
  // Not `timing-allow-origin`: without timingAllowOrigins it is the upstream's and other policies' to set.
  owns: ['access-control-'],
  config: corsConfig,
  // Answers to preflights are none in the upstream's place.
  answers: () => false,
  traits: ({ allowOrigins, rejectAll }) =>
    rejectAll !== true && (allowOrigins === undefined || allowOrigins.includes('*')) ? ['any-origin'] : [],
  compile(config, context) {
    const report = defineReport(context);
    const rules = toRules(config, report);
    if (report.problems.length > 0) return report.problems;
    const judge = defineJudge(rules, context);
    const request = defineRequest(rules, judge);
    return {
      preflight: definePreflight(rules, judge, context),
      ...(request === undefined ? {} : { request }),
      response: defineResponse(rules, judge),
    };
  },
});
