/**
 * The part of JSON Schema (2020-12) that TypeBox writes and the walker in `validate.ts` reads, plus words of our own:
 * `unit` (a number with a unit, read into milliseconds or bytes), `later` (members or values that a later issue brings),
 * `secret` (a text that belongs into no document as it is, or a URL whose password does not) and `wants` (how people call what a pattern takes).
 */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly const?: string | number | boolean | null;
  readonly enum?: readonly (string | number | boolean | null)[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: boolean | JsonSchema;
  readonly required?: readonly string[];
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly items?: JsonSchema | readonly JsonSchema[];
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly multipleOf?: number;
  readonly default?: unknown;
  readonly examples?: unknown;
  readonly description?: string;
  readonly writeOnly?: boolean;
  readonly secret?: boolean | 'in-url';
  readonly unit?: 'duration' | 'size';
  readonly later?: Readonly<Record<string, string>>;
  readonly wants?: string;
}
