import { checkDocument, documentSchema } from '/work/main/packages/config/src/index.ts';
import { formatIssue } from '/work/main/packages/model/src/index.ts';
import { readFileSync } from 'node:fs';
import { Type as T } from '/work/main/node_modules/typebox/build/index.mjs';
export const plugins = new Map([
 ['cors',{name:'cors',summary:'CORS',single:true,owns:[],config:T.Object({allowOrigins:T.Optional(T.Array(T.String(),{minItems:1})),allowCredentials:T.Optional(T.Boolean()),maxAge:T.Optional(T.Integer({minimum:0})),enforcement:T.Optional(T.Union([T.Literal('browser'),T.Literal('strict')])),protocols:T.Optional(T.Array(T.String())),allowMethods:T.Optional(T.Array(T.String())),allowHeaders:T.Optional(T.Array(T.String())),exposeHeaders:T.Optional(T.Array(T.String())),requireOrigin:T.Optional(T.Boolean())},{additionalProperties:false})}],
 ['request-id',{name:'request-id',summary:'',single:false,owns:[],config:T.Object({})}],
 ['key-auth',{name:'key-auth',summary:'',single:false,owns:[],config:T.Object({})}],
]);
if (process.argv[2]) {
const text=readFileSync(process.argv[2]);
const r=checkDocument({text,origin:process.argv[2],revision:1},{plugins,environment:{variable:(n)=>process.env[n],file:()=>undefined},unresolved:'error'});
if(r.kind==='refused') for(const i of r.issues) console.log(formatIssue(i)); else {console.log(JSON.stringify(r.value,null,1).slice(0,6000)); for(const i of r.warnings) console.log(formatIssue(i));}
}
