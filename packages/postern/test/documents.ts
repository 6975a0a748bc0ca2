/** A document that serves on free ports. */
export const GOOD = `server:
  listen: [{ name: public, address: 127.0.0.1:0 }]
  admin: { address: 127.0.0.1:0 }
gateway:
  policies: [log]
upstreams: [{ name: up, builtin: echo }]
policies:
  - { name: log, plugin: access-log }
  - { name: tag, plugin: headers, config: { response: { set: { x-tag: yes-it-is } } } }
apiGroups:
  - name: shop
    basePath: /shop
    upstream: up
    policies: [tag, inherit]
    routes:
      - { name: list, path: /items, methods: [GET] }
      - { name: rest, path: /*, policies: [inherit], skip: [log] }
`;

const policy = (name: string, config: string): string =>
  GOOD.replace('apiGroups:', `  - { name: ${name}, plugin: cors, config: ${config} }\napiGroups:`).replace(
    '[tag, inherit]',
    `[tag, inherit, ${name}]`,
  );

/** Issue 2, "Bad input": each text with the line that its first error stands on. */
export const BAD: Readonly<Record<string, readonly [text: string, line: number]>> = {
  'an unknown key': [`${GOOD}polices: []\n`, 18],
  'a wrong type': [GOOD.replace('basePath: /shop', 'basePath: [shop]'), 12],
  'an unknown plugin': [GOOD.replace('plugin: headers', 'plugin: header'), 9],
  'an unknown policy': [GOOD.replace('[tag, inherit]', '[tga, inherit]'), 14],
  'an unknown upstream': [GOOD.replace('upstream: up', 'upstream: upp'), 13],
  'a duplicate name': [GOOD.replace('name: rest', 'name: list'), 17],
  'two cors policies at one level': [
    policy('one', '{ allowOrigins: [https://a.example] }')
      .replace(
        'apiGroups:',
        '  - { name: two, plugin: cors, config: { allowOrigins: [https://b.example] } }\napiGroups:',
      )
      .replace('inherit, one', 'inherit, one, two'),
    16,
  ],
  'an origin without a scheme': [policy('c', '{ allowOrigins: [app.example.com] }'), 10],
  'all origins with credentials': [policy('c', '{ allowOrigins: ["*"], allowCredentials: true }'), 10],
  'a regex with look-ahead': [policy('c', "{ allowOrigins: ['~https://(?=a)a'] }"), 10],
  'a malformed line': [GOOD.replace('basePath: /shop', 'basePath: [/shop'), 12],
  'an empty file': ['', 1],
  'a missing variable': [GOOD.replace('yes-it-is', '"${env:NOT_SET_ANYWHERE}"'), 9],
};
