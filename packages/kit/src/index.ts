export { Choice, Duration, Schema, Size } from '@postern/schema';
export type { SchemaBuilder, Static, TSchema } from '@postern/schema';
export { definePlugin, KIT_VERSION, problem } from './plugin.ts';
export type { PluginContext, PluginDefinition } from './plugin.ts';
export { cookieValues, withoutCookie } from './cookies.ts';
export { queryValues, withoutParameter } from './query.ts';
export { escapeHtml, escapeJson, toFieldValue, toPathPart, toQueryPart } from './escape.ts';
export { isFieldValue, isToken, refusedField } from './field-names.ts';
export type { RefusedField } from './field-names.ts';
export { defineSource } from './source.ts';
export { compileTemplate } from './template.ts';
export type { Escape, ReadTemplate, Template, TemplatePart } from './template.ts';
export { refuse, respond } from './verdict.ts';
export { bareRecord, claimHas, claimText } from '@postern/model';
export type {
  Alarm,
  Body,
  Budget,
  BudgetAlgorithm,
  BudgetTerms,
  Claims,
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
  KnownConsumer,
  Outcome,
  Plugin,
  ReadExpression,
  ResponseExchange,
  Rewrite,
  Shadowed,
  Source,
  SourceEvent,
  SourceText,
  StepResult,
  Taken,
  Trait,
  Verdict,
  Wish,
} from '@postern/model';
