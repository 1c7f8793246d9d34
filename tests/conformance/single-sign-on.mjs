#!/usr/bin/env node
// Single sign-on against a certified provider (npm oidc-provider) on loopback: node single-sign-on.mjs URL ADMIN_TOKEN
// URL is a server with the demo, which this sets up with a provider for the municipality 322091. Exit: 0 ok, 1 failed.
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const [url, admin] = process.argv.slice(2);
const TOWN = '322091';
const CLIENT = { client_id: 'entaku', client_secret: 'a secret of more than 32 characters: /+&%' };
const PASSWORD = 'entaku-demo-2026';
const want = (holds, what) => {
  if (!holds) throw new Error(what);
};

/** A provider that takes every name at its sign-in page, and asks every client for PKCE. */
async function startProvider() {
  const server = createServer();
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const keys = [
    { ...generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'rsa' },
    { ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256', kid: 'ec' },
  ];
  const client = { ...CLIENT, redirect_uris: [`${url}/sso/${TOWN}/callback`], grant_types: ['authorization_code'], response_types: ['code'] };
  const provider = new Provider(issuer, {
    clients: [client],
    jwks: { keys },
    pkce: { required: () => true, methods: ['S256'] },
    cookies: { keys: ['a key of the provider for its cookies'] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, email: 'admin@unnan.example.jp', email_verified: true }) }),
    features: { devInteractions: { enabled: true } },
  });
  const failures = [];
  provider.on('server_error', (_, error) => failures.push(error));
  server.on('request', provider.callback());
  return { issuer, failures, stop: () => server.close() };
}

/** A browser with a jar for each host; what is strict comes along only with what our own page asks. */
class Browser {
  jars = new Map();

  async send(address, { method = 'GET', body, own = false, type } = {}) {
    const { origin } = new URL(address);
    const jar = this.jars.get(origin) ?? this.jars.set(origin, new Map()).get(origin);
    const shown = [...jar].filter(([, cookie]) => own || !cookie.strict).map(([name, { value }]) => `${name}=${value}`);
    const headers = { accept: 'text/html, application/json', 'accept-language': 'en' };
    if (shown.length) headers.cookie = shown.join('; ');
    if (own) headers.origin = url;
    if (type) headers['content-type'] = type;
    const response = await fetch(address, { method, body, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      const [pair] = line.split(';');
      const at = pair.indexOf('=');
      const [name, value] = [pair.slice(0, at), pair.slice(at + 1)];
      const gone = value === '' || /max-age=0/i.test(line) || /expires=Thu, 01 Jan 1970/i.test(line);
      if (gone) jar.delete(name);
      else jar.set(name, { value, strict: /samesite=strict/i.test(line) });
    }
    return response;
  }

  async ask(path, body, method = 'POST') {
    const response = await this.send(`${url}${path}`, { method, own: true, type: 'application/json', body: JSON.stringify(body) });
    return response.json();
  }

  async start(purpose) {
    const { location, errors } = await this.ask('/sso/start', { purpose, municipality: TOWN });
    want(location, JSON.stringify(errors));
    return location;
  }

  /** Signs in at the provider, or gives up there; tells where it sends the browser back to. */
  async atProvider(location, login, gives_up = false) {
    let [address, signedIn] = [location, 0];
    for (let step = 0; step < 20; step++) {
      const response = await this.send(address);
      const next = response.headers.get('location');
      if (next) {
        address = new URL(next, address).href;
        if (address.startsWith(`${url}/`)) return { back: address, signedIn };
        continue;
      }
      const page = await response.text();
      want(response.status === 200, `${address}: ${response.status} ${page.replace(/<style>[^]*<\/style>|<[^>]*>|\s+/g, ' ').slice(0, 400)}`);
      const form = /action="([^"]+)"/.exec(page)[1];
      const prompt = /name="prompt" value="(\w+)"/.exec(page)[1];
      if (gives_up) {
        address = new URL(`${new URL(form, address).pathname}/abort`, address).href;
        continue;
      }
      signedIn += prompt === 'login' ? 1 : 0;
      const body = new URLSearchParams({ prompt, ...(prompt === 'login' ? { login, password: 'any' } : {}) }).toString();
      const posted = await this.send(new URL(form, address).href, { method: 'POST', type: 'application/x-www-form-urlencoded', body });
      address = new URL(posted.headers.get('location'), address).href;
    }
    throw new Error('the provider does not send the browser back');
  }

  /** Follows the redirect to us; tells where that leads. */
  async back(address) {
    const response = await this.send(address);
    want(response.status === 303, `${response.status} at the callback`);
    return response.headers.get('location');
  }

  async signIn(login) {
    return this.back((await this.atProvider(await this.start('SIGN_IN'), login)).back);
  }

  async viewer() {
    const { data } = await this.ask('/graphql', { query: '{ viewer { name appointments { role } } }' });
    return data?.viewer;
  }
}

const provider = await startProvider();
const bearer = { 'content-type': 'application/json', accept: 'application/json', authorization: `Bearer ${admin}` };
const set = async (input) => {
  const query = 'mutation($input: IdentityProviderSetInput!) { identityProviderSet(input: $input) { issuer } }';
  const base = { issuer: provider.issuer, clientId: CLIENT.client_id, secondFactor: 'LOCAL', enabled: true };
  const body = JSON.stringify({ query, variables: { input: { ...base, ...input } } });
  return (await fetch(`${url}/graphql`, { method: 'POST', headers: bearer, body })).json();
};
const cases = {
  'the provider is set': async () => {
    const { data, errors } = await set({ clientSecret: CLIENT.client_secret });
    want(data?.identityProviderSet?.issuer === provider.issuer, JSON.stringify(errors));
  },
  'nobody is known by an address of mail': async () => {
    const browser = new Browser();
    want((await browser.signIn('admin@unnan.example.jp')) === '/account#sso.IDENTITY_UNKNOWN', 'somebody came in');
    want(!(await browser.viewer()), 'somebody is signed in');
  },
  'an identity is linked, and signs in': async () => {
    const linking = new Browser();
    const signedIn = await linking.ask('/playground/session', { municipality: TOWN, email: 'admin@unnan.example.jp', password: PASSWORD });
    want(signedIn.signedIn, JSON.stringify(signedIn));
    const place = await linking.back((await linking.atProvider(await linking.start('LINK'), 'somebody')).back);
    want(place.startsWith('/account#idl.'), place);
    const query = 'mutation($token: String!) { identityLink(token: $token) { issuer } }';
    const linked = await linking.ask('/graphql', { query, variables: { token: place.split('#')[1] } });
    want(linked.data?.identityLink?.issuer === provider.issuer, JSON.stringify(linked));
    const browser = new Browser();
    want((await browser.signIn('somebody')) === '/playground', 'not signed in');
    want((await browser.viewer()).appointments.some(({ role }) => role === 'ADMIN'), 'without the role');
  },
  'an answer is taken once': async () => {
    const browser = new Browser();
    const { back } = await browser.atProvider(await browser.start('SIGN_IN'), 'somebody');
    const kept = structuredClone([...browser.jars.get(url)]);
    want((await browser.back(back)) === '/playground', 'not signed in');
    browser.jars.set(url, new Map(kept));
    want((await browser.back(back)) === '/account#sso.SSO_ATTEMPT', 'taken twice');
  },
  'a step-up signs in anew': async () => {
    const browser = new Browser();
    await browser.signIn('somebody');
    const { back, signedIn } = await browser.atProvider(await browser.start('ELEVATE'), 'somebody');
    want(signedIn === 1, 'the provider has not asked');
    want((await browser.back(back)) === '/account#sso.PROVED', 'not proved');
    browser.jars.delete(provider.issuer);
    const other = await browser.atProvider(await browser.start('ELEVATE'), 'somebody else');
    want(/IDENTITY_UNKNOWN$/.test(await browser.back(other.back)), 'somebody else proved it');
  },
  'giving up at the provider is told': async () => {
    const browser = new Browser();
    const { back } = await browser.atProvider(await browser.start('SIGN_IN'), 'somebody', true);
    want(new URL(back).searchParams.get('error') === 'access_denied', back);
    want((await browser.back(back)) === '/account#sso.SSO_REFUSED', 'not told');
  },
  'a wrong secret of the client lets nobody in': async () => {
    await set({ clientSecret: 'another secret of more than 32 characters' });
    want((await new Browser().signIn('somebody')) === '/account#sso.SSO_ANSWER', 'somebody came in');
    await set({ clientSecret: CLIENT.client_secret });
    want((await new Browser().signIn('somebody')) === '/playground', 'the control');
  },
  'the button goes when the provider does': async () => {
    await set({ enabled: false });
    const { errors } = await new Browser().ask('/sso/start', { purpose: 'SIGN_IN', municipality: TOWN });
    want(errors?.[0]?.extensions?.reason === 'SSO_OFF', JSON.stringify(errors));
  },
};
let failed = 0;
for (const [name, play] of Object.entries(cases)) {
  try {
    await play();
    console.log(`PASS ${name}`);
  } catch (error) {
    failed++;
    console.log(`FAIL ${name}: ${error.message}`, ...provider.failures);
  }
}
provider.stop();
console.log(`${Object.keys(cases).length - failed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
