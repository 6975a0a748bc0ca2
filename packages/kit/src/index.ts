export { Type as Schema } from 'typebox';
export type { Static } from 'typebox';
export { definePlugin, KIT_VERSION, problem } from './plugin.ts';
export type { PluginContext, PluginDefinition } from './plugin.ts';
export { escapeHtml, escapeJson, toFieldValue, toPathPart, toQueryPart } from './escape.ts';
export { defineSource } from './source.ts';
export { compileTemplate } from './template.ts';
export type { Escape, ReadTemplate, Template, TemplatePart } from './template.ts';
export { refuse, respond } from './verdict.ts';
export { bareRecord, claimHas, claimText } from '@postern/model';
export type {
  Alarm,
  Body,
  Budget,
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
} from '@postern/model';
