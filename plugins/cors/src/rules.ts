import type { NameList } from './names.ts';
import type { AllowedOrigins } from './origins.ts';

/** What requests read: the config of one policy with everything decided that can be decided before the first request. */
export interface Rules {
  readonly origins: AllowedOrigins;
  readonly timing: AllowedOrigins | undefined;
  readonly protocols: ReadonlySet<string> | undefined;
  readonly methods: NameList;
  readonly methodSet: ReadonlySet<string>;
  readonly headers: NameList;
  readonly headerSet: ReadonlySet<string>;
  readonly credentials: boolean;
  readonly requireOrigin: boolean;
  readonly rejectAll: boolean;
  readonly strict: boolean;
  readonly nullOrigin: boolean;
  readonly privateNetwork: boolean;
  /** Whether any answer depends on `Origin`; false is the static `*` of Fetch. */
  readonly dynamic: boolean;
  readonly preflightStatus: number;
  /** Whether what was asked for is named instead of `*`: beside credentials `*` is no wildcard to browsers. */
  readonly echoMethod: boolean;
  readonly echoHeaders: boolean;
  /** Values that are the same on every answer; undefined where there are none. With credentials no `*` is among them. */
  readonly sentMethods: string | undefined;
  readonly sentHeaders: string | undefined;
  readonly sentExpose: string | undefined;
  readonly sentMaxAge: string;
}
