import { Schema, definePlugin } from '@postern/kit';

/** Bytes: above every body of the fixture. */
const LIMIT = 1024 * 1024;

/** A policy that wants both bodies whole and leaves them as they are: a body that is read goes another way than one that streams. */
export default definePlugin({
  name: 'reads',
  summary: 'Reads bodies',
  config: Schema.Object({}, { additionalProperties: false }),
  compile: () => ({
    requestBody: { limit: LIMIT, run: () => undefined },
    responseBody: { limit: LIMIT, run: () => undefined },
  }),
});
