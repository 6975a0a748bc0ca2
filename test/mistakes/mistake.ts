/**
 * One mistake in the document of `base.yaml`: what kind of slip it is, the text it happens to (it stands in the base once), what
 * stands there then - with `‸` in front of the character at which an author wants to be pointed - and a text that the right mend
 * has in it.
 */
export type Mistake = readonly [slip: Slip, find: string, replace: string, mend: string];

type Slip =
  | 'typo in a key'
  | 'word for another key'
  | 'wrong nesting'
  | 'wrong type'
  | 'wrong name'
  | 'bad value'
  | 'missing key'
  | 'repeated'
  | 'YAML';
