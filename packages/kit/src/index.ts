export { Type as Schema } from 'typebox';
export type { Static } from 'typebox';
export { definePlugin, problem } from './plugin.ts';
export type { PluginDefinition } from './plugin.ts';
export { defineSource } from './source.ts';
export { refuse, respond } from './verdict.ts';
export { testContext, testExchange } from './testkit.ts';
export type { TestContext, TestExchange, TestRequest, TestResponse } from './testkit.ts';
export type {
  Alarm,
  Body,
  Budget,
  BudgetTerms,
  CompileContext,
  CompileResult,
  Consumer,
  DoneExchange,
  Exchange,
  Finding,
  Handlers,
  HeaderPairs,
  HeaderView,
  HeaderWrites,
  Issue,
  Outcome,
  Plugin,
  ResponseExchange,
  Shadowed,
  Source,
  SourceEvent,
  SourceText,
  StepResult,
  Taken,
  Trait,
  Verdict,
} from '@postern/model';
