import type { Place } from './issue.ts';

/** What of a request a condition reads as text. `host` is without its port, as in `hosts` of a group. */
export type RequestField = 'method' | 'path' | 'host' | 'scheme' | 'protocol' | 'clientAddress';

/** What a condition reads by name; a name that is not there reads as the empty text. */
export type EntryOf =
  | 'request.headers'
  | 'request.query'
  | 'params'
  | 'consumer.labels'
  | 'claims'
  | 'group.labels'
  | 'route.labels';

/** An expression that gives a text. */
export type TextExpression =
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'request'; readonly field: RequestField }
  | { readonly kind: 'name'; readonly of: 'consumer' | 'group' | 'route' }
  | { readonly kind: 'entry'; readonly of: EntryOf; readonly name: string }
  | { readonly kind: 'case'; readonly to: 'lower' | 'upper'; readonly on: TextExpression }
  | {
      readonly kind: 'choose-text';
      readonly test: TruthExpression;
      readonly yes: TextExpression;
      readonly no: TextExpression;
    };

/** An expression that gives a whole number of 64 bits. */
export type NumberExpression =
  /** Decimal digits: JSON has no numbers of 64 bits. */
  | { readonly kind: 'number'; readonly value: string }
  | { readonly kind: 'int'; readonly on: TextExpression }
  | { readonly kind: 'size'; readonly on: TextExpression }
  | { readonly kind: 'negative'; readonly on: NumberExpression }
  | {
      readonly kind: 'arithmetic';
      readonly operator: '+' | '-' | '*' | '/' | '%';
      readonly left: NumberExpression;
      readonly right: NumberExpression;
    }
  | {
      readonly kind: 'choose-number';
      readonly test: TruthExpression;
      readonly yes: NumberExpression;
      readonly no: NumberExpression;
    };

/** How two values compare. */
export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=';

/** An expression that is true or false. */
export type TruthExpression =
  | { readonly kind: 'truth'; readonly value: boolean }
  | { readonly kind: 'present'; readonly of: EntryOf; readonly name: string }
  /** Whether a claim holds a word. */
  | { readonly kind: 'holds'; readonly of: 'claims'; readonly name: string; readonly wanted: TextExpression }
  | { readonly kind: 'not'; readonly on: TruthExpression }
  | { readonly kind: 'and' | 'or'; readonly left: TruthExpression; readonly right: TruthExpression }
  | {
      readonly kind: 'compare-text';
      readonly operator: Comparison;
      readonly left: TextExpression;
      readonly right: TextExpression;
    }
  | {
      readonly kind: 'compare-number';
      readonly operator: Comparison;
      readonly left: NumberExpression;
      readonly right: NumberExpression;
    }
  | { readonly kind: 'same-truth'; readonly left: TruthExpression; readonly right: TruthExpression }
  | {
      readonly kind: 'search';
      readonly operator: 'startsWith' | 'endsWith' | 'contains';
      readonly on: TextExpression;
      readonly wanted: TextExpression;
    }
  | { readonly kind: 'matches'; readonly on: TextExpression; readonly pattern: string }
  | {
      readonly kind: 'choose-truth';
      readonly test: TruthExpression;
      readonly yes: TruthExpression;
      readonly no: TruthExpression;
    };

/** Any expression of a condition: plain data, which crosses threads. */
export type Expression = TextExpression | NumberExpression | TruthExpression;

/** A `when`: a CEL expression as written, and what it comes to. It was parsed and type-checked with the document. */
export interface Condition {
  readonly text: string;
  /** Where the text begins. */
  readonly place: Place;
  /** JSON pointer of the text in the document. */
  readonly pointer: string;
  /** In a pipeline what is left of it once names and labels of group and route are known. */
  readonly expression: TruthExpression;
}
