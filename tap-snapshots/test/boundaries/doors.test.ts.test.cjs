/* IMPORTANT
 * This snapshot file is auto-generated, but designed for humans.
 * It should be checked into source control and tracked carefully.
 * Re-generate by setting TAP_SNAPSHOT=1 and running tests.
 * Make sure to inspect the output below.  Do not ignore changes!
 */
'use strict'
exports[`test/boundaries/doors.test.ts > TAP > packages/admin has one hand-written door with exactly these names > must match snapshot 1`] = `
startAdmin
`

exports[`test/boundaries/doors.test.ts > TAP > packages/config has one hand-written door with exactly these names > must match snapshot 1`] = `
checkDocument
documentSchema
inDocumentOrder
issueCodes
lint
lintRules
locate
parseDuration
parseSize
plainDocument
withoutIgnored
`

exports[`test/boundaries/doors.test.ts > TAP > packages/control has one hand-written door with exactly these names > must match snapshot 1`] = `
check
digestOf
environmentOf
follow
unreadableIssue
`

exports[`test/boundaries/doors.test.ts > TAP > packages/engine has one hand-written door with exactly these names > must match snapshot 1`] = `
Current
RunningExchange
Sharing
canonicalTarget
compileSnapshot
runDone
runPreflight
runRequest
runRequestBody
runResponse
runResponseBody
viewOf
`

exports[`test/boundaries/doors.test.ts > TAP > packages/kit has one hand-written door with exactly these names > must match snapshot 1`] = `
Schema
definePlugin
defineSource
problem
refuse
respond
testContext
testExchange
`

exports[`test/boundaries/doors.test.ts > TAP > packages/model has one hand-written door with exactly these names > must match snapshot 1`] = `
HeaderList
bareRecord
formatIssue
metricLabel
refuses
`

exports[`test/boundaries/doors.test.ts > TAP > packages/postern has one hand-written door with exactly these names > must match snapshot 1`] = `
DocumentRefused
builtinPlugins
openLog
startGateway
version
`

exports[`test/boundaries/doors.test.ts > TAP > packages/server has one hand-written door with exactly these names > must match snapshot 1`] = `
CertificateUnusable
startServer
`

exports[`test/boundaries/doors.test.ts > TAP > packages/source-file has one hand-written door with exactly these names > must match snapshot 1`] = `
fileSource
watchFiles
`

exports[`test/boundaries/doors.test.ts > TAP > packages/source-nats has one hand-written door with exactly these names > must match snapshot 1`] = `
BusError
MAX_VALUE_BYTES
NODE_TTL
isSignedBy
keyIdOf
keyPair
natsSource
nextSignedRevision
openBus
openEnvelope
packValue
readPrivateKey
readPublicKey
signDocument
unpackValue
verifyEnvelope
`

exports[`test/boundaries/doors.test.ts > TAP > plugins/access-log has one hand-written door with exactly these names > must match snapshot 1`] = `
default
`

exports[`test/boundaries/doors.test.ts > TAP > plugins/cors has one hand-written door with exactly these names > must match snapshot 1`] = `
default
`

exports[`test/boundaries/doors.test.ts > TAP > plugins/headers has one hand-written door with exactly these names > must match snapshot 1`] = `
default
`

exports[`test/boundaries/doors.test.ts > TAP > plugins/request-id has one hand-written door with exactly these names > must match snapshot 1`] = `
default
`
