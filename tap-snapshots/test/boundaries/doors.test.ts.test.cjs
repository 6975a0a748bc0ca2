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
freeze
holdsPiece
inDocumentOrder
issueCodes
lint
lintRules
locate
parseDuration
parseSize
plainDocument
readCondition
readText
secretsOf
toPredicate
toText
withoutIgnored
`

exports[`test/boundaries/doors.test.ts > TAP > packages/control has one hand-written door with exactly these names > must match snapshot 1`] = `
DocumentAssembly
check
digestOf
documentIssue
environmentOf
follow
partsOf
unreadableIssue
warmUp
`

exports[`test/boundaries/doors.test.ts > TAP > packages/engine has one hand-written door with exactly these names > must match snapshot 1`] = `
BufferedBody
Current
Received
RunningExchange
Sharing
askForStream
askForStreamInShadow
breakStream
canonicalTarget
compileApart
compileSnapshot
coverageOf
decide
differences
forgetRequestCoding
forgetResponseCoding
gate
holdLease
hostHeader
isEventStream
mayReadBody
overLimit
problem
recordExchange
recordedDecision
rehearse
replayInputs
requireIssues
runBodyInShadow
runDone
runInShadow
runPolicyTests
runRequestBody
runResponse
runResponseBody
runningSteps
toSummary
upstreamPath
withoutHopByHop
wouldFail
`

exports[`test/boundaries/doors.test.ts > TAP > packages/kit has one hand-written door with exactly these names > must match snapshot 1`] = `
KIT_VERSION
Schema
bareRecord
claimHas
claimText
compileTemplate
definePlugin
defineSource
escapeHtml
escapeJson
problem
refuse
respond
toFieldValue
toPathPart
toQueryPart
`

exports[`test/boundaries/doors.test.ts > TAP > packages/model has one hand-written door with exactly these names > must match snapshot 1`] = `
BudgetWindows
ExactBudgets
HIDDEN
HeaderList
bareRecord
claimHas
claimText
endOf
formatIssue
metricLabel
refuses
untouched
`

exports[`test/boundaries/doors.test.ts > TAP > packages/postern has one hand-written door with exactly these names > must match snapshot 1`] = `
DocumentRefused
builtinPlugins
openLog
startGateway
version
`

exports[`test/boundaries/doors.test.ts > TAP > packages/server has one hand-written door with exactly these names > must match snapshot 1`] = `
AddressSet
CertificateUnusable
DecisionRing
Metrics
NOTHING_COUNTED
addMetrics
aggregateMetrics
clientOf
findClient
makeServer
oldGenerationLimit
runningPolicies
startServer
`

exports[`test/boundaries/doors.test.ts > TAP > packages/source-file has one hand-written door with exactly these names > must match snapshot 1`] = `
fileSource
watchFiles
`

exports[`test/boundaries/doors.test.ts > TAP > packages/source-nats has one hand-written door with exactly these names > must match snapshot 1`] = `
BusError
HISTORY
MAX_VALUE_BYTES
NODE_TTL
bell
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

exports[`test/boundaries/doors.test.ts > TAP > plugins/respond has one hand-written door with exactly these names > must match snapshot 1`] = `
default
`

exports[`test/boundaries/doors.test.ts > TAP > plugins/validate has one hand-written door with exactly these names > must match snapshot 1`] = `
default
`
