// OpenID Connect with openid-client, the certified relying-party library for Node.js, and a browser in between.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import * as oidc from 'openid-client';

import { authorize, dev, listen, openBrowser, rejects } from './harness.mjs';

const SCOPE = 'openid profile email offline_access';
const insecure = dev.base_url.startsWith('http:') ? [oidc.allowInsecureRequests] : [];

let browser;
let context;
let callback;

before(async () => {
  browser = await openBrowser();
  context = await browser.newContext();
  callback = await listen(dev.web_client);
});

after(async () => {
  callback?.close();
  await browser?.close();
});

describe('discovery', () => {
  test('names the issuer and the endpoints a client needs', async () => {
    const metadata = (await web()).serverMetadata();
    assert.equal(metadata.issuer, dev.issuer);
    assert.ok(metadata.supportsPKCE());
    for (const name of ['authorization', 'token', 'userinfo', 'introspection', 'revocation', 'end_session']) {
      assert.ok(metadata[`${name}_endpoint`]?.startsWith(`${dev.base_url}/orgs/${dev.org}/`), name);
    }
    assert.equal(metadata.authorization_response_iss_parameter_supported, true);
  });

  test('is also found where RFC 8414 puts it', async () => {
    const options = { algorithm: 'oauth2', execute: insecure };
    const config = await oidc.discovery(new URL(dev.issuer), dev.web_client.client_id, {}, oidc.None(), options);
    assert.equal(config.serverMetadata().token_endpoint, (await web()).serverMetadata().token_endpoint);
  });
});

describe('code flow', () => {
  for (const method of ['ClientSecretBasic', 'ClientSecretPost']) {
    test(`signs the user in for a web application with ${method}`, async () => {
      const config = await web(oidc[method](dev.web_client.client_secret));
      const { tokens } = await codeFlow(config);
      await assertSignedIn(config, tokens);
    });
  }

  test('signs the user in for a single-page application without a secret', async () => {
    const config = await discover(dev.spa_client.client_id, oidc.None());
    const spa = await listen(dev.spa_client);
    try {
      const { tokens } = await codeFlow(config, { redirectUri: spa.uri, scope: 'openid profile email' });
      await assertSignedIn(config, tokens);
    } finally {
      spa.close();
    }
  });

  test('takes a pushed authorization request', async () => {
    const config = await web();
    const request = await newRequest();
    const url = await oidc.buildAuthorizationUrlWithPAR(config, request.parameters);
    assert.deepEqual([...url.searchParams.keys()].sort(), ['client_id', 'request_uri']);
    const { tokens } = await redeem(config, request, await visit(url));
    await assertSignedIn(config, tokens);
  });

  test('asks for the password again when the application says prompt=login', async () => {
    const config = await web();
    await codeFlow(config);
    const request = await newRequest({ prompt: 'login' });
    const page = await context.newPage();
    await page.goto(oidc.buildAuthorizationUrl(config, request.parameters).href);
    assert.ok(await page.locator('#sign-in').isVisible());
    await page.close();
  });

  test('hands a denied consent to the application', async () => {
    const config = await web();
    const request = await newRequest({ prompt: 'consent' });
    const back = await visit(oidc.buildAuthorizationUrl(config, request.parameters), '#deny');
    await rejects(redeem(config, request, back), { error: 'access_denied' });
  });

  test('answers prompt=none with login_required when nobody is signed in', async () => {
    const config = await web();
    const request = await newRequest({ prompt: 'none' });
    const stranger = await browser.newContext();
    const page = await stranger.newPage();
    const back = await authorize(page, oidc.buildAuthorizationUrl(config, request.parameters).href, callback.uri);
    await stranger.close();
    await rejects(redeem(config, request, back), { error: 'login_required' });
  });

  test('never redirects to an address that is not registered', async () => {
    const config = await web();
    const request = await newRequest({ redirect_uri: 'https://attacker.example/callback' });
    const page = await context.newPage();
    const response = await page.goto(oidc.buildAuthorizationUrl(config, request.parameters).href);
    assert.equal(response.status(), 400);
    assert.ok(page.url().startsWith(dev.base_url));
    await page.close();
  });
});

describe('the client notices', () => {
  const lies = {
    'another state': (_, request) => (request.state = oidc.randomState()),
    'another nonce': (_, request) => (request.nonce = oidc.randomNonce()),
    'another issuer': (back) => back.searchParams.set('iss', 'https://attacker.example'),
    'a missing issuer': (back) => back.searchParams.delete('iss'),
  };
  for (const [name, lie] of Object.entries(lies)) {
    test(`${name} in the response`, async () => {
      const config = await web();
      const request = await newRequest();
      const back = await visit(oidc.buildAuthorizationUrl(config, request.parameters));
      lie(back, request);
      await assert.rejects(redeem(config, request, back));
    });
  }
});

describe('the server refuses', () => {
  test('a code that was used before, and revokes what came of it', async () => {
    const config = await web();
    const { request, back, tokens } = await codeFlow(config);
    await rejects(redeem(config, request, back), { error: 'invalid_grant' });
    assert.deepEqual(await introspect(config, tokens.access_token), { active: false });
    await rejects(oidc.refreshTokenGrant(config, tokens.refresh_token), { error: 'invalid_grant' });
  });

  test('a code with the verifier of another request', async () => {
    const config = await web();
    const request = await newRequest();
    const back = await visit(oidc.buildAuthorizationUrl(config, request.parameters));
    request.verifier = oidc.randomPKCECodeVerifier();
    await rejects(redeem(config, request, back), { error: 'invalid_grant' });
  });

  test('a code that belongs to another client', async () => {
    const config = await web();
    const request = await newRequest();
    const back = await visit(oidc.buildAuthorizationUrl(config, request.parameters));
    const thief = await discover(dev.spa_client.client_id, oidc.None());
    await rejects(redeem(thief, request, back), { error: 'invalid_grant' });
  });

  test('a wrong secret', async () => {
    const config = await web(oidc.ClientSecretBasic('not-the-secret'));
    await rejects(oidc.refreshTokenGrant(config, 'any'), { error: 'invalid_client', status: 401 });
  });

  test('a wrong secret in the form', async () => {
    const config = await web(oidc.ClientSecretPost('not-the-secret'));
    await rejects(oidc.refreshTokenGrant(config, 'any'), { error: 'invalid_client', status: 401 });
  });
});

describe('tokens', () => {
  test('are refreshed by rotation, and a used refresh token ends its family', async () => {
    const config = await web();
    const { tokens } = await codeFlow(config);
    const second = await oidc.refreshTokenGrant(config, tokens.refresh_token);
    assert.notEqual(second.refresh_token, tokens.refresh_token);
    assert.notEqual(second.access_token, tokens.access_token);
    await assertSignedIn(config, { ...second, claims: tokens.claims });
    await rejects(oidc.refreshTokenGrant(config, tokens.refresh_token), { error: 'invalid_grant' });
    await rejects(oidc.refreshTokenGrant(config, second.refresh_token), { error: 'invalid_grant' });
  });

  test('can be narrowed on refresh and never widened', async () => {
    const config = await web();
    const { tokens } = await codeFlow(config, { scope: 'openid email offline_access' });
    const narrow = await oidc.refreshTokenGrant(config, tokens.refresh_token, { scope: 'openid' });
    assert.equal(narrow.scope, 'openid');
    await rejects(oidc.refreshTokenGrant(config, narrow.refresh_token, { scope: 'openid profile' }), { error: 'invalid_scope' });
  });

  test('are described by introspection until they are revoked', async () => {
    const config = await web();
    const { tokens } = await codeFlow(config);
    const described = await introspect(config, tokens.access_token);
    assert.equal(described.active, true);
    assert.equal(described.iss, dev.issuer);
    assert.equal(described.client_id, dev.web_client.client_id);
    assert.equal(described.sub, tokens.claims().sub);
    assert.equal(described.username, dev.user.email);
    await oidc.tokenRevocation(config, tokens.access_token);
    assert.deepEqual(await introspect(config, tokens.access_token), { active: false });
    await rejects(oidc.fetchUserInfo(config, tokens.access_token, tokens.claims().sub), { error: 'invalid_token', status: 401 });
  });

  test('die with the refresh token they came with', async () => {
    const config = await web();
    const { tokens } = await codeFlow(config);
    await oidc.tokenRevocation(config, tokens.refresh_token, { token_type_hint: 'refresh_token' });
    assert.deepEqual(await introspect(config, tokens.access_token), { active: false });
    await rejects(oidc.refreshTokenGrant(config, tokens.refresh_token), { error: 'invalid_grant' });
  });

  test('are issued to a service by client credentials', async () => {
    const { client_id: id, client_secret: secret } = dev.service_client;
    const config = await discover(id, oidc.ClientSecretBasic(secret));
    const tokens = await oidc.clientCredentialsGrant(config);
    assert.equal(tokens.token_type, 'bearer');
    assert.equal(tokens.refresh_token, undefined);
    const described = await introspect(config, tokens.access_token);
    assert.equal(described.active, true);
    assert.equal(described.client_id, id);
  });
});

describe('tokens bound to a key', () => {
  for (const algorithm of ['ES256', 'PS256', 'Ed25519']) {
    test(`are asked for, used and refreshed with proofs (${algorithm})`, async () => {
      const config = await discover(dev.spa_client.client_id, oidc.None());
      const spa = await listen(dev.spa_client);
      try {
        const holder = await newHolder(config, algorithm);
        const { tokens } = await boundFlow(config, spa, holder);
        assert.equal(tokens.token_type, 'dpop');
        const renewed = await oidc.refreshTokenGrant(config, tokens.refresh_token, {}, holder);
        for (const { access_token: token } of [tokens, renewed]) {
          const person = await oidc.fetchUserInfo(config, token, tokens.claims().sub, holder);
          assert.equal(person.email, dev.user.email);
          const resource = new URL('/dev/resource?x=1', dev.base_url);
          const answer = await oidc.fetchProtectedResource(config, token, resource, 'POST', 'x', undefined, holder);
          assert.equal((await answer.json()).sub, tokens.claims().sub);
        }
      } finally {
        spa.close();
      }
    });
  }

  test('are worth nothing to others', async () => {
    const config = await discover(dev.spa_client.client_id, oidc.None());
    const spa = await listen(dev.spa_client);
    try {
      const { tokens } = await boundFlow(config, spa, await newHolder(config, 'ES256'));
      const sub = tokens.claims().sub;
      const thief = await newHolder(config, 'ES256');
      await rejects(oidc.fetchUserInfo(config, tokens.access_token, sub), { error: 'invalid_token', status: 401 });
      await rejects(oidc.fetchUserInfo(config, tokens.access_token, sub, thief), { error: 'invalid_token', status: 401 });
      await rejects(oidc.refreshTokenGrant(config, tokens.refresh_token, {}, thief), { error: 'invalid_grant' });
      await rejects(oidc.refreshTokenGrant(config, tokens.refresh_token), { error: 'invalid_grant' });
    } finally {
      spa.close();
    }
  });
});

describe('sign-out', () => {
  test('at the end-session URL ends the session', async () => {
    const config = await web();
    const { tokens, page } = await codeFlow(config, {}, await (await browser.newContext()).newPage());
    await page.goto(oidc.buildEndSessionUrl(config, { id_token_hint: tokens.id_token }).href);
    assert.equal(await page.locator('#sign-out').count(), 0, 'the hint proves who asks, so nobody is asked again');
    const request = await newRequest({ prompt: 'none' });
    const back = await authorize(page, oidc.buildAuthorizationUrl(config, request.parameters).href, callback.uri);
    await page.context().close();
    await rejects(redeem(config, request, back), { error: 'login_required' });
  });
});

describe('registration', () => {
  const newcomer = () => ({
    client_name: 'Newcomer',
    redirect_uris: [callback.uri],
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'client_secret_post',
    scope: SCOPE,
  });
  const execute = [...insecure, oidc.enableNonRepudiationChecks];

  test('makes a client that signs the user in', async () => {
    const config = await oidc.dynamicClientRegistration(new URL(dev.issuer), newcomer(), undefined, { execute });
    const registered = config.clientMetadata();
    assert.equal(registered.client_name, 'Newcomer');
    assert.equal(registered.client_secret_expires_at, 0);
    const { tokens } = await codeFlow(config);
    await assertSignedIn(config, tokens);
    const second = await oidc.refreshTokenGrant(config, tokens.refresh_token);
    assert.ok(second.access_token);
  });

  test('makes a client with a key of its own', async () => {
    const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
    const jwk = { ...(await crypto.subtle.exportKey('jwk', keys.publicKey)), kid: 'newcomer', alg: 'ES256', use: 'sig' };
    const metadata = { ...newcomer(), token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [jwk] } };
    const proof = oidc.PrivateKeyJwt({ key: keys.privateKey, kid: 'newcomer' });
    const config = await oidc.dynamicClientRegistration(new URL(dev.issuer), metadata, proof, { execute });
    assert.equal(config.clientMetadata().client_secret, undefined);
    const { tokens } = await codeFlow(config);
    await assertSignedIn(config, tokens);
  });

  test('takes an initial access token that an administrator made, once', async () => {
    const made = await fetch(`${dev.base_url}/orgs/${dev.org}/api/v1/admin/initial-access-tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': dev.api_key },
      body: JSON.stringify({ name: 'Once', maxUses: 1 }),
    });
    assert.equal(made.status, 201);
    const initialAccessToken = (await made.json()).data.secret;
    const register = () =>
      oidc.dynamicClientRegistration(new URL(dev.issuer), newcomer(), undefined, { initialAccessToken, execute });
    assert.ok((await register()).clientMetadata().client_id);
    await assert.rejects(register());
  });

  test('is read, replaced and removed by the client', async () => {
    const config = await oidc.dynamicClientRegistration(new URL(dev.issuer), newcomer(), undefined, { execute });
    const { registration_client_uri: place, registration_access_token: first, client_id } = config.clientMetadata();
    const manage = (method, token, body) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      return fetch(place, { method, headers, body: body && JSON.stringify(body) });
    };
    assert.equal((await (await manage('GET', first)).json()).client_id, client_id);
    const replaced = await manage('PUT', first, { ...newcomer(), client_id, client_name: 'Newcomer no more' });
    assert.equal(replaced.status, 200);
    const { client_name: name, registration_access_token: second } = await replaced.json();
    assert.equal(name, 'Newcomer no more');
    assert.equal((await manage('GET', first)).status, 401);
    assert.equal((await manage('DELETE', second)).status, 204);
    await rejects(oidc.refreshTokenGrant(config, 'any'), { error: 'invalid_client' });
  });

  test('refuses a redirect URI with a fragment', async () => {
    const metadata = { ...newcomer(), redirect_uris: [`${callback.uri}#fragment`] };
    const refused = oidc.dynamicClientRegistration(new URL(dev.issuer), metadata, undefined, { execute });
    await rejects(refused, { error: 'invalid_redirect_uri', status: 400 });
  });
});

function web(authentication = oidc.ClientSecretBasic(dev.web_client.client_secret)) {
  return discover(dev.web_client.client_id, authentication);
}

/** Signatures of ID tokens are verified against the published keys, although TLS would do. */
function discover(clientId, authentication) {
  const execute = [...insecure, oidc.enableNonRepudiationChecks];
  return oidc.discovery(new URL(dev.issuer), clientId, {}, authentication, { execute });
}

async function newRequest(extra = {}) {
  const [verifier, state, nonce] = [oidc.randomPKCECodeVerifier(), oidc.randomState(), oidc.randomNonce()];
  const challenge = await oidc.calculatePKCECodeChallenge(verifier);
  const proof = { state, nonce, code_challenge: challenge, code_challenge_method: 'S256' };
  return { verifier, state, nonce, parameters: { redirect_uri: callback.uri, scope: SCOPE, ...proof, ...extra } };
}

async function visit(url, decision) {
  const page = await context.newPage();
  try {
    return await authorize(page, url.href, new URL(callback.uri).origin, { decision });
  } finally {
    await page.close();
  }
}

async function codeFlow(config, { redirectUri = callback.uri, scope = SCOPE } = {}, page = undefined) {
  const request = await newRequest({ redirect_uri: redirectUri, scope });
  const url = oidc.buildAuthorizationUrl(config, request.parameters);
  const tab = page ?? (await context.newPage());
  const back = await authorize(tab, url.href, redirectUri);
  if (!page) await tab.close();
  return { page, ...(await redeem(config, request, back)) };
}

async function redeem(config, request, back, options = undefined) {
  const checks = { pkceCodeVerifier: request.verifier, expectedState: request.state, expectedNonce: request.nonce };
  const tokens = await oidc.authorizationCodeGrant(config, back, { ...checks, idTokenExpected: true }, undefined, options);
  return { request, back, tokens };
}

async function newHolder(config, algorithm) {
  return { DPoP: oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair(algorithm)) };
}

/** A code flow whose code only the holder of the key can redeem. */
async function boundFlow(config, client, holder) {
  const thumbprint = await holder.DPoP.calculateThumbprint();
  const request = await newRequest({ redirect_uri: client.uri, scope: 'openid email', dpop_jkt: thumbprint });
  const page = await context.newPage();
  const back = await authorize(page, oidc.buildAuthorizationUrl(config, request.parameters).href, client.uri);
  await page.close();
  return redeem(config, request, back, holder);
}

async function assertSignedIn(config, tokens) {
  const claims = tokens.claims();
  assert.equal(claims.iss, dev.issuer);
  assert.equal(claims.aud, config.clientMetadata().client_id);
  assert.match(claims.sub, /^[0-9a-f-]{36}$/);
  assert.equal(tokens.token_type, 'bearer');
  const person = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub);
  assert.equal(person.email, dev.user.email);
}

async function introspect(config, token) {
  return { ...(await oidc.tokenIntrospection(config, token)) };
}
