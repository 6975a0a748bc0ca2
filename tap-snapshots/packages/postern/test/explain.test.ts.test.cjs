/* IMPORTANT
 * This snapshot file is auto-generated, but designed for humans.
 * It should be checked into source control and tracked carefully.
 * Re-generate by setting TAP_SNAPSHOT=1 and running tests.
 * Make sure to inspect the output below.  Do not ignore changes!
 */
'use strict'
exports[`packages/postern/test/explain.test.ts > TAP > explain explains a request that no route takes, and one that the gate turns away > must match snapshot 1`] = `
GET http://other.test/shop/items/7  HTTP/1.1 from 127.0.0.1
-> 404 by the gateway [gateway/no-route]: No route takes this request.

route: none takes it
  not store/one: host: only for shop.test
  not store/rest: host: only for shop.test

policies, in order
  1. id  request-id  gateway.yaml:5, on the gateway at gateway.yaml:2
     request: continue  read request.headers.x-request-id
       sets x-request-id: the-id on the request
     response: continue  read requestId
       sets x-request-id: the-id on the answer

answer headers
  content-type: application/problem+json
  x-request-id: the-id

`

exports[`packages/postern/test/explain.test.ts > TAP > explain explains a request that no route takes, and one that the gate turns away > must match snapshot 2`] = `
GET http://shop.test/shop/../etc  HTTP/1.1 from 127.0.0.1
-> 400 by the gateway [gate/target]: Bad request target: the path holds a dot segment.

route: none takes it

policies: none ran

answer headers
  content-type: application/problem+json
  vary: Origin

`

exports[`packages/postern/test/explain.test.ts > TAP > explain prints a preflight that cors answers > must match snapshot 1`] = `
OPTIONS http://shop.test/shop/items/7  HTTP/2 from 203.0.113.9
-> 204 by policy web

route: store/one  /shop/items/{id}  gateway.yaml:18
  not store/rest: nearer: a nearer route took it

policies, in order
  1. id  request-id  gateway.yaml:5, on the gateway at gateway.yaml:2
     had nothing to do
  2. web  cors  gateway.yaml:6, on the group at gateway.yaml:16
     preflight: respond 204  read request.headers.origin, request.headers.access-control-request-method, request.headers.access-control-request-headers
  3. mark  headers  gateway.yaml:9, on the group at gateway.yaml:16
     had nothing to do

answer headers
  vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers
  access-control-allow-origin: https://app.example.com
  access-control-allow-methods: *
  access-control-max-age: 900

`

exports[`packages/postern/test/explain.test.ts > TAP > explain prints route, policies, answer and what the upstream gets, at a glance > must match snapshot 1`] = `
GET http://shop.test/shop/items/7?a=1  HTTP/1.1 from 127.0.0.1
-> 200 by upstream shop

route: store/one  /shop/items/{id}  gateway.yaml:18
  not store/rest: nearer: a nearer route took it

policies, in order
  1. id  request-id  gateway.yaml:5, on the gateway at gateway.yaml:2
     request: continue  read request.headers.x-request-id
       sets x-request-id: the-id on the request
     response: continue  read requestId
       sets x-request-id: the-id on the answer
  2. web  cors  gateway.yaml:6, on the group at gateway.yaml:16
     request: continue  read request.headers.origin, request.method
     response: continue  read response.headers, response.headers.vary, request.headers.origin
       sets vary: Origin on the answer
       sets access-control-allow-origin: https://app.example.com on the answer
  3. mark  headers  gateway.yaml:9, on the group at gateway.yaml:16
     request: continue
       sets x-mark: yes on the request
     response: continue
       removes x-up on the answer

answer headers
  x-request-id: the-id
  vary: Origin
  access-control-allow-origin: https://app.example.com

upstream shop gets GET /base/items/7?a=1
  x-request-id: the-id
  cookie: (hidden)
  origin: https://app.example.com
  x-forwarded-for: 127.0.0.1
  x-forwarded-host: shop.test
  x-forwarded-proto: http
  forwarded: for=127.0.0.1;host="shop.test";proto=http
  x-mark: yes
  host: 127.0.0.1:9000

`

exports[`packages/postern/test/explain.test.ts > TAP > explain prints who refused, at which line, and what was never reached > must match snapshot 1`] = `
GET http://shop.test/shop/items/7  HTTP/1.1 from 127.0.0.1
-> 403 by policy web [cors/origin-not-allowed]: This origin may not use this API.  gateway.yaml:6

route: store/one  /shop/items/{id}  gateway.yaml:18
  not store/rest: nearer: a nearer route took it

policies, in order
  1. id  request-id  gateway.yaml:5, on the gateway at gateway.yaml:2
     request: continue  read request.headers.x-request-id
       sets x-request-id: the-id on the request
     response: continue  read requestId
       sets x-request-id: the-id on the answer
  2. web  cors  gateway.yaml:6, on the group at gateway.yaml:16
     request: refuse 403 [cors/origin-not-allowed]: This origin may not use this API.  read request.headers.origin, request.scheme, now, requestId
     response: continue  read response.headers, response.headers.vary, request.headers.origin
       sets vary: Origin on the answer
  3. mark  headers  gateway.yaml:9, on the group at gateway.yaml:16
     response: continue
       removes x-up on the answer

answer headers
  content-type: application/problem+json
  x-request-id: the-id
  vary: Origin

`
