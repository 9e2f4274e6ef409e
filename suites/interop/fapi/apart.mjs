// Clients without the person's browser: FAPI-CIBA with signed requests, and devices whose tokens are bound to a key.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';

import * as oidc from 'openid-client';

import { dev, rejects } from '../harness.mjs';
import { join } from './party.mjs';
import { Person, link } from './person.mjs';

const CIBA = 'urn:openid:params:grant-type:ciba';
const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';
const AUTHENTICATION = ['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth'];
/** Seconds between questions: the answer is there with the first. */
const SOON = 0.1;

const person = new Person();

/** Declares a test for each variant of FAPI-CIBA. */
export function fapiCiba() {
  for (const authentication of AUTHENTICATION)
    for (const mode of ['poll', 'ping']) test(`${authentication}, ${mode}`, () => asksAndIsApproved(authentication, mode));
}

async function asksAndIsApproved(authentication, mode) {
  const [party, listener] = await bank(authentication, mode);
  try {
    const acknowledged = await ask(party);
    await rejects(poll(party, acknowledged), { error: 'authorization_pending', status: 400 });
    assert.equal((await decide('deny')).status, 200);
    await rejects(poll(party, acknowledged), { error: 'access_denied', status: 400 });
    if (mode === 'ping') await listener.hears(acknowledged.auth_req_id);

    const again = await ask(party);
    await decide('allow');
    if (mode === 'ping') await listener.hears(again.auth_req_id);
    const [unbound, stranger] = [await party.but({ isBound: false }), (await bank(authentication, 'poll'))[0]];
    await rejects(poll(unbound, again), unbound.refusedWithoutKey());
    await rejects(poll(stranger, again), { error: 'invalid_grant' });
    const tokens = await oidc.pollBackchannelAuthenticationGrant(party.config, { ...again, interval: SOON });
    assert.equal(tokens.claims().aud, party.id);
    await rejects(poll(party, again), { error: 'invalid_grant' });
    const { access_token: token } = await party.refresh(tokens.refresh_token);
    assert.equal((await party.userinfo(token, tokens.claims().sub)).email, dev.user.email);
    assert.deepEqual((await party.introspect(token)).cnf, await party.confirmation());
    for (const thief of [unbound, await party.withOtherKeys()]) {
      await rejects(thief.call(token), { error: 'invalid_token', status: 401 });
    }
  } finally {
    listener.close();
  }
  await refusesWhatIsNotSigned(party);
}

/** Neither plain parameters nor objects that lack a claim or are somebody else's (FAPI-CIBA §5.2.2). */
async function refusesWhatIsNotSigned(party) {
  const plain = oidc.initiateBackchannelAuthentication(party.config, { scope: 'openid', login_hint: dev.user.email });
  await rejects(plain, { error: 'invalid_request', status: 400 });
  const lies = [
    ...['aud', 'iss', 'exp', 'iat', 'nbf', 'jti'].map((name) => (claims) => delete claims[name]),
    (claims) => (claims.aud = 'https://elsewhere.example'),
    (claims) => (claims.exp = claims.iat + 70 * 60),
    (claims) => (claims.iss = 'client_of_others'),
  ];
  for (const lie of lies) await rejects(ask(party, lie), { error: 'invalid_request', status: 400 });
}

async function bank(authentication, mode) {
  const listener = await Listener.start();
  const more = {
    grant_types: [CIBA, 'refresh_token'], response_types: [], redirect_uris: [], backchannel_token_delivery_mode: mode,
    backchannel_authentication_request_signing_alg: 'PS256',
    ...(mode === 'ping' && { backchannel_client_notification_endpoint: listener.address }),
  };
  const variant = { authentication, binding: 'mtls', profile: 'fapi_ciba', algorithm: 'PS256', isOpenId: true, more };
  if (mode === 'poll') listener.close();
  return [await join(variant), listener];
}

/** Asks the demo user for approval by a signed request. */
async function ask(party, lie = () => {}) {
  const parameters = { scope: 'openid email offline_access', login_hint: dev.user.email, binding_message: 'W4SCT' };
  const isPing = party.variant.more.backchannel_token_delivery_mode === 'ping';
  if (isPing) parameters.client_notification_token = Listener.TOKEN;
  const { searchParams } = await party.carrying(parameters, party.key, (claims) => {
    for (const name of ['response_type', 'redirect_uri']) delete claims[name];
    lie(claims);
  });
  return oidc.initiateBackchannelAuthentication(party.config, { request: searchParams.get('request') });
}

/** Asks the token endpoint once. */
function poll(party, { auth_req_id }) {
  return oidc.genericGrantRequest(party.config, CIBA, { auth_req_id }, party.holder);
}

/** What the person says to the request that waits. */
async function decide(decision) {
  const list = await person.open(`${dev.base_url}/orgs/${dev.org}/account/requests`);
  return person.press(await person.open(link(list, 'look-1')), decision);
}

/** Where a client is told that a request was decided. */
class Listener {
  static TOKEN = '8d67dc78-7faa-4d41-aabd-67707b374255';

  static async start() {
    const listener = new Listener();
    listener.heard = [];
    listener.server = createServer(async (request, response) => {
      const parts = await request.toArray();
      listener.heard.push([request.headers.authorization, JSON.parse(Buffer.concat(parts))]);
      response.writeHead(204).end();
      listener.server.emit('heard');
    });
    listener.server.listen(0, '127.0.0.1');
    await once(listener.server, 'listening');
    listener.address = `http://127.0.0.1:${listener.server.address().port}/notify`;
    return listener;
  }
  /** The next notification is about this request. */
  async hears(auth_req_id) {
    if (this.heard.length === 0) await once(this.server, 'heard', { signal: AbortSignal.timeout(5000) });
    assert.deepEqual(this.heard.shift(), [`Bearer ${Listener.TOKEN}`, { auth_req_id }]);
  }
  close() {
    this.server.close();
    this.server.closeAllConnections();
  }
}

/** Declares the tests of devices. */
export function devices() {
  for (const authentication of AUTHENTICATION) {
    test(`${authentication}: tokens of a device are bound to its key`, async () => {
      const more = { grant_types: [DEVICE_CODE, 'refresh_token'], response_types: [], redirect_uris: [] };
      const variant = { authentication, binding: 'dpop', profile: 'fapi2_security', algorithm: 'ES256', isOpenId: true, more };
      const party = await join(variant);
      const begun = await oidc.initiateDeviceAuthorization(party.config, { scope: 'openid email offline_access' });
      const shown = await person.press(await person.open(begun.verification_uri_complete), 'send-code');
      assert.match((await person.press(shown, 'allow')).text, / id="device-approved"/);
      const unbound = await party.but({ isBound: false });
      const form = { device_code: begun.device_code };
      await rejects(oidc.genericGrantRequest(unbound.config, DEVICE_CODE, form), { error: 'invalid_dpop_proof', status: 400 });
      const tokens = await oidc.pollDeviceAuthorizationGrant(party.config, { ...begun, interval: SOON }, undefined, party.holder);
      assert.equal(tokens.token_type, 'dpop');
      const { access_token: token } = await party.refresh(tokens.refresh_token);
      assert.equal((await party.call(token)).status, 200);
      for (const thief of [unbound, await party.withOtherKeys()]) {
        await rejects(thief.call(token), { error: 'invalid_token', status: 401 });
      }
    });
  }
}
