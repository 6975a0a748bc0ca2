/* IMPORTANT
 * This snapshot file is auto-generated, but designed for humans.
 * It should be checked into source control and tracked carefully.
 * Re-generate by setting TAP_SNAPSHOT=1 and running tests.
 * Make sure to inspect the output below.  Do not ignore changes!
 */
'use strict'
exports[`test/boundaries/doors.test.ts > TAP > packages/admin has hand-written doors with exactly these names > must match snapshot 1`] = `
startAdmin
`

exports[`test/boundaries/doors.test.ts > TAP > packages/config has hand-written doors with exactly these names > must match snapshot 1`] = `
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

exports[`test/boundaries/doors.test.ts > TAP > packages/control has hand-written doors with exactly these names > must match snapshot 1`] = `
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

exports[`test/boundaries/doors.test.ts > TAP > packages/engine has hand-written doors with exactly these names > must match snapshot 1`] = `
BufferedBody
Counters
Current
ExactBudgets
Received
RunningExchange
Sharing
askForStream
askForStreamInShadow
bodySteps
breakStream
canonicalTarget
compileApart
compileSnapshot
conditionOf
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
textOf
toSummary
upstreamPath
withoutHopByHop
wouldFail
`

exports[`test/boundaries/doors.test.ts > TAP > packages/kit has hand-written doors with exactly these names > must match snapshot 1`] = `
Choice
Duration
KIT_VERSION
Schema
Size
bareRecord
claimHas
claimText
compileTemplate
cookieValues
definePlugin
defineSource
escapeHtml
escapeJson
isFieldValue
isToken
problem
queryValues
refuse
refusedField
respond
toFieldValue
toPathPart
toQueryPart
withoutCookie
withoutParameter
`

exports[`test/boundaries/doors.test.ts > TAP > packages/kit has hand-written doors with exactly these names > must match snapshot 2`] = `
testContext
testExchange
tryPlugin
`

exports[`test/boundaries/doors.test.ts > TAP > packages/message-rules has hand-written doors with exactly these names > must match snapshot 1`] = `
JsonText
compileMessageRules
credentialNames
isJsonType
messageKeys
parsePointer
rulesSchema
textEditsSchema
writtenNames
`

exports[`test/boundaries/doors.test.ts > TAP > packages/model has hand-written doors with exactly these names > must match snapshot 1`] = `
HIDDEN
HeaderList
bareRecord
claimHas
claimText
formatIssue
metricLabel
refuses
takeFrom
tallyFor
untouched
wasSetBack
`

exports[`test/boundaries/doors.test.ts > TAP > packages/postern has hand-written doors with exactly these names > must match snapshot 1`] = `
DocumentRefused
builtinPlugins
openLog
startGateway
version
`

exports[`test/boundaries/doors.test.ts > TAP > packages/rate-store has hand-written doors with exactly these names > must match snapshot 1`] = `
compileLimit
limitKeys
`

exports[`test/boundaries/doors.test.ts > TAP > packages/schema has hand-written doors with exactly these names > must match snapshot 1`] = `
Choice
DURATION_PATTERN
Duration
SIZE_PATTERN
Schema
Size
fits
matches
`

exports[`test/boundaries/doors.test.ts > TAP > packages/server has hand-written doors with exactly these names > must match snapshot 1`] = `
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
residentMemory
runningPolicies
startServer
`

exports[`test/boundaries/doors.test.ts > TAP > packages/source-file has hand-written doors with exactly these names > must match snapshot 1`] = `
fileSource
watchFiles
`

exports[`test/boundaries/doors.test.ts > TAP > packages/source-nats has hand-written doors with exactly these names > must match snapshot 1`] = `
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

exports[`test/boundaries/doors.test.ts > TAP > plugins/access-log has hand-written doors with exactly these names > must match snapshot 1`] = `
default
`

exports[`test/boundaries/doors.test.ts > TAP > plugins/authorize has hand-written doors with exactly these names > must match snapshot 1`] = `
default
`

exports[`test/boundaries/doors.test.ts > TAP > plugins/basic-auth has hand-written doors with exactly these names > must match snapshot 1`] = `
default
hashPassword
`

exports[`test/boundaries/doors.test.ts > TAP > plugins/cors has hand-written doors with exactly these names > must match snapshot 1`] = `
default
`

exports[`test/boundaries/doors.test.ts > TAP > plugins/headers has hand-written doors with exactly these names > must match snapshot 1`] = `
default
`

exports[`test/boundaries/doors.test.ts > TAP > plugins/ip-restriction has hand-written doors with exactly these names > must match snapshot 1`] = `
default
`

exports[`test/boundaries/doors.test.ts > TAP > plugins/jwt has hand-written doors with exactly these names > must match snapshot 1`] = `
default
`

exports[`test/boundaries/doors.test.ts > TAP > plugins/key-auth has hand-written doors with exactly these names > must match snapshot 1`] = `
default
digestOf
`

exports[`test/boundaries/doors.test.ts > TAP > plugins/quota has hand-written doors with exactly these names > must match snapshot 1`] = `
default
`

exports[`test/boundaries/doors.test.ts > TAP > plugins/rate-limit has hand-written doors with exactly these names > must match snapshot 1`] = `
default
`

exports[`test/boundaries/doors.test.ts > TAP > plugins/request-id has hand-written doors with exactly these names > must match snapshot 1`] = `
default
`

exports[`test/boundaries/doors.test.ts > TAP > plugins/respond has hand-written doors with exactly these names > must match snapshot 1`] = `
default
`

exports[`test/boundaries/doors.test.ts > TAP > plugins/transform-request has hand-written doors with exactly these names > must match snapshot 1`] = `
default
`

exports[`test/boundaries/doors.test.ts > TAP > plugins/transform-response has hand-written doors with exactly these names > must match snapshot 1`] = `
default
`

exports[`test/boundaries/doors.test.ts > TAP > plugins/validate has hand-written doors with exactly these names > must match snapshot 1`] = `
default
`
