import { Schema, definePlugin, refuse } from '@postern/kit';

/** The policy of the fixture's guarded groups: nobody gets in. */
export default definePlugin({
  name: 'deny',
  summary: 'Refuses every request',
  config: Schema.Object({}, { additionalProperties: false }),
  compile: () => ({
    request: () => refuse({ status: 403, code: 'deny/nobody', detail: 'Nobody gets in.' }),
  }),
});
