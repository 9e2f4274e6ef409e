// FAPI 1.0 Advanced: signed requests, carried by the browser or pushed; answers with a detached signature or as JWTs.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import * as oidc from 'openid-client';

import { dev, notices, rejects } from '../harness.mjs';
import { CALLBACK, administer, join, opened, redeemed } from './party.mjs';
import { Person } from './person.mjs';

const AUTHENTICATION = ['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth'];
const DETACHED = [oidc.useCodeIdTokenResponseType, oidc.enableDetachedSignatureResponseChecks];

const person = new Person();

/** Declares a test for each variant. */
export function fapiOne() {
  before(async () => {
    await administer('PATCH', 'settings/oauth', { response_types: ['code', 'code id_token'] });
    await person.open(`${dev.base_url}/orgs/${dev.org}/account`);
  });
  after(() => administer('PATCH', 'settings/oauth', { response_types: ['code'] }));
  for (const authentication of AUTHENTICATION)
    for (const isPushed of [false, true])
      for (const isJarm of [false, true]) {
        const words = [authentication, isPushed ? 'pushed' : 'carried', isJarm ? 'JARM' : 'code id_token'];
        test(words.join(', '), () => walk({ authentication, isPushed, isJarm }));
      }
}

async function walk({ authentication, isPushed, isJarm }) {
  const variant = {
    authentication, binding: 'mtls', profile: 'fapi1_advanced', algorithm: isPushed ? 'PS256' : 'ES256',
    isOpenId: true, isSigned: true, isDynamic: isJarm, execute: isJarm ? [oidc.useJwtResponseMode] : DETACHED,
    more: isJarm ? {} : { response_types: ['code id_token'], grant_types: ['authorization_code', 'refresh_token', 'implicit'] },
  };
  const party = await join(variant);
  const request = await party.request();
  const url = isPushed ? await party.push(request) : await party.carrying(request.parameters);
  const back = await person.visit(url, CALLBACK);
  assert.equal(back.hash === '', isJarm);
  await noticesLies(party, request, back);

  const stranger = await party.but({ isBound: false });
  await rejects(redeemed(stranger, request, back), stranger.refusedWithoutKey());
  const tokens = await party.redeem(request, back);
  assert.equal(tokens.claims().iss, dev.issuer);
  const renewed = await party.refresh(tokens.refresh_token);
  for (const { access_token: token } of [tokens, renewed]) {
    assert.equal((await party.call(token)).status, 200);
    assert.equal((await party.userinfo(token, tokens.claims().sub)).email, dev.user.email);
    assert.deepEqual((await party.introspect(token)).cnf, await party.confirmation());
    for (const thief of [stranger, await party.withOtherKeys()]) {
      await rejects(thief.call(token), { error: 'invalid_token', status: 401 });
    }
  }
  await rejects(redeemed(party, request, back), { error: 'invalid_grant' });
  assert.equal((await party.introspect(renewed.access_token)).active, false, 'a code that comes twice ends its tokens');

  const unsigned = await person.visit(oidc.buildAuthorizationUrl(party.config, request.parameters), CALLBACK);
  if (unsigned instanceof URL) assert.match(opened(unsigned).error, /^invalid_request/);
  else assert.equal(unsigned.status, 400);
}

/** FAPI 1.0 Part 2 §5.2.2.1: the ID token of the answer signs code and state; with JARM the whole answer is signed. */
async function noticesLies(party, request, back) {
  await notices(party.redeem({ ...request, state: oidc.randomState() }, back));
  if (!back.hash) return;
  await notices(party.redeem({ ...request, nonce: oidc.randomNonce() }, back));
  for (const [name, value] of [['code', 'another'], ['state', request.state.slice(1)]]) {
    const [answer, fields] = [new URL(back), new URLSearchParams(back.hash.slice(1))];
    fields.set(name, value);
    answer.hash = fields;
    await notices(party.redeem(name === 'state' ? { ...request, state: value } : request, answer));
  }
}
