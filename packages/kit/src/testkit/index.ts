export { testContext, testExchange } from './steps.ts';
export type { TestContext, TestExchange, TestRequest, TestResponse } from './steps.ts';
export { tryPlugin } from './try-plugin.ts';
export type { Answer, Setting, TriedConsumer, TriedPlugin, TriedRequest } from './trial.ts';
