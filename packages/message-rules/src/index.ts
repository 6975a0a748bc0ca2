export { isJsonType } from './body.ts';
export { compileMessageRules } from './compile.ts';
export type { MessageRules } from './compile.ts';
export { messageKeys, rulesSchema, textEditsSchema } from './config.ts';
export { credentialNames, writtenNames } from './headers.ts';
export type { JsonEdit, JsonEdited } from './json/edit-json.ts';
export { JsonText } from './json/edit-json.ts';
export { parsePointer } from './json/pointer.ts';
