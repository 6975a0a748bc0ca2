export { bareRecord } from './bare-record.ts';
export type { Budget, BudgetAlgorithm, Budgets, BudgetTerms, Taken, Wish } from './budget.ts';
export { HeaderList } from './header-list.ts';
export { formatIssue, refuses } from './issue.ts';
export type { Finding, Issue, Path, Place, Severity } from './issue.ts';
export { claimHas, claimText } from './consumer.ts';
export type { CheckedConsumer, CheckedCredential, Claims, Consumer, KnownConsumer } from './consumer.ts';
export type { Log } from './log.ts';
export { metricLabel } from './metric-label.ts';
export type { Result } from './result.ts';
export { tallyFor, untouched } from './tally-for.ts';
export { takeFrom, wasSetBack } from './tally.ts';
export type { Tally } from './tally.ts';
export type {
  Comparison,
  Condition,
  EntryOf,
  Expression,
  NumberExpression,
  RequestField,
  TextExpression,
  TruthExpression,
} from './condition.ts';
export type { Absent, AbsenceReason, Attached, CheckedPolicy, Labels, Level, OnError, PolicyMode } from './policy.ts';
export type { Expectation, PlacedExpectation, PolicyTest, TestedRequest, TestedVerdict } from './policy-test.ts';
export type { Requirement, RequirementKind } from './requirement.ts';
export type { CheckedGroup, CheckedRoute } from './group.ts';
export type { CheckedUpstream, Target, TunnelTimes, UpstreamTimeouts, UpstreamTls } from './upstream.ts';
export type {
  AdminAddress,
  DecisionsKept,
  Limits,
  Listener,
  ListenerTls,
  MetricsSection,
  NatsSection,
  Secrets,
  ServerSection,
  SheddingSection,
} from './server-section.ts';
export type { Candidate, CheckedDocument, SourceText } from './document.ts';
export type { HeaderPairs, Refuse, Respond, StepResult, Verdict } from './verdict.ts';
export type {
  Body,
  DoneExchange,
  Exchange,
  ExchangeRequest,
  ExchangeResponse,
  HeaderEdits,
  HeaderView,
  HttpProtocol,
  MadeBy,
  Refusal,
  ResponseExchange,
  Rewrite,
  Shadowed,
  StepName,
  StreamTap,
  StreamTransform,
} from './exchange.ts';
export type {
  BodyStep,
  CompileContext,
  CompileResult,
  Handlers,
  HeaderWrites,
  Plugin,
  PluginFacts,
  ReadExpression,
  Trait,
} from './plugin.ts';
export type { Alarm, Outcome, Source, SourceEvent } from './source.ts';
export type {
  Applied,
  Cell,
  CellEvent,
  CellStatus,
  ControlStatus,
  DecisionFilter,
  RunningPolicy,
  ToldDecision,
  WorkerStatus,
} from './cell.ts';
export { HIDDEN } from './decision.ts';
export type {
  AskedUpstream,
  DecidedAnswer,
  DecidedEdit,
  DecidedPolicy,
  DecidedRequest,
  DecidedRoute,
  DecidedStep,
  Decision,
  Line,
  LostRoute,
  ShownHeaders,
  StepVerdict,
} from './decision.ts';
export type {
  DecisionRecord,
  DecisionSummary,
  RecordedAnswer,
  RecordedOutcome,
  RecordedRequest,
  RecordedUpstream,
  RecordedVerdict,
} from './decision-record.ts';
