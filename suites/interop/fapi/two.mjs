// FAPI 2.0, Security Profile and Message Signing: every way to prove oneself, to bind tokens, to ask, to be answered and to
// introspect.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import * as oidc from 'openid-client';

import { dev, notices, rejects } from '../harness.mjs';
import { selfSigned } from './certificates.mjs';
import { CALLBACK, RESOURCE, join, keyFor, opened, redeemed } from './party.mjs';
import { Person } from './person.mjs';

const AUTHENTICATION = ['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth'];
const ALGORITHMS = ['ES256', 'PS256', 'Ed25519'];

const person = new Person();

/** Declares a test for each variant. */
export function fapiTwo() {
  before(() => person.open(`${dev.base_url}/orgs/${dev.org}/account`));
  variants().forEach((variant, index) => {
    variant.algorithm = ALGORITHMS[index % ALGORITHMS.length];
    test(variant.name, async () => {
      const [party, other] = [await join(variant), await join(variant)];
      await goesThrough(party);
      await refusesRequests(party, other);
      await refusesImpostors(party, other);
      await refusesTheRest(party, other);
    });
  });
}

function variants() {
  const either = [false, true];
  const all = [];
  for (const authentication of AUTHENTICATION)
    for (const binding of ['dpop', 'mtls'])
      for (const isOpenId of either)
        for (const isSigned of either)
          for (const isJarm of either)
            for (const isIntrospectionSigned of either)
              all.push(variant({ authentication, binding, isOpenId, isSigned, isJarm, isIntrospectionSigned }));
  return all;
}

/** Message Signing is for those who sign everything; the others are under the Security Profile with what they sign besides. */
function variant(axes) {
  const { isOpenId, isSigned, isJarm, isIntrospectionSigned } = axes;
  const isMessageSigning = isSigned && isJarm && isIntrospectionSigned;
  const words = [
    axes.authentication, axes.binding, isOpenId ? 'OpenID' : 'OAuth', isSigned ? 'JAR' : 'PAR', isJarm ? 'JARM' : 'plain',
    isIntrospectionSigned ? 'RFC 9701' : 'JSON',
  ];
  const more = {
    ...(isSigned && { require_signed_request_object: true }),
    ...(isIntrospectionSigned && { introspection_signed_response_alg: 'PS256' }),
  };
  return {
    ...axes, more, name: words.join(', '), profile: isMessageSigning ? 'fapi2_message_signing' : 'fapi2_security',
    isDynamic: isOpenId, execute: isJarm ? [oidc.useJwtResponseMode] : [],
  };
}

/** Tokens are given, used, renewed, described and given up. */
async function goesThrough(party) {
  const { variant } = party;
  const request = await party.request();
  const url = await party.push(request);
  assert.deepEqual([...url.searchParams.keys()].sort(), ['client_id', 'request_uri']);
  const back = await person.visit(url, CALLBACK);
  const session = variant.isOpenId ? ['session_state'] : [];
  assert.deepEqual([...back.searchParams.keys()].sort(), variant.isJarm ? ['response'] : ['code', 'iss', ...session, 'state']);

  const tokens = await party.redeem(request, back);
  assert.equal(tokens.token_type, variant.binding === 'dpop' ? 'dpop' : 'bearer');
  assert.ok(tokens.expires_in <= 600);
  assert.equal(tokens.claims()?.iss, variant.isOpenId ? dev.issuer : undefined);
  const renewed = await party.refresh(tokens.refresh_token);
  assert.equal(renewed.refresh_token ?? tokens.refresh_token, tokens.refresh_token, 'FAPI 2.0 §5.3.2.1: refresh tokens stay');

  for (const { access_token: token } of [tokens, renewed]) {
    const resource = await party.call(token);
    assert.equal((await resource.json()).client_id, party.id);
    assert.ok(Date.parse(resource.headers.get('date')) && resource.headers.get('x-fapi-interaction-id'));
    if (variant.isOpenId) assert.equal((await party.userinfo(token, tokens.claims().sub)).email, dev.user.email);
    const described = await party.introspect(token);
    assert.deepEqual([described.active, described.client_id, described.cnf], [true, party.id, await party.confirmation()]);
  }
  await oidc.tokenRevocation(party.config, tokens.refresh_token);
  await rejects(party.refresh(tokens.refresh_token), { error: 'invalid_grant' });
  for (const { access_token: token } of [tokens, renewed]) {
    assert.deepEqual((await party.introspect(token)).active, false);
    await rejects(party.call(token), { error: 'invalid_token', status: 401 });
  }
}

/** From the answer on: what the client notices, and who gets nothing for a code or by a token. */
async function refusesTheRest(party, other) {
  const request = await party.request();
  const back = await person.visit(await party.push(request), CALLBACK);
  await noticesLies(party, request, back);
  await refusesOtherRedeemers(party, other, request, back);
  const tokens = await party.redeem(request, back);
  await refusesThieves(party, tokens.access_token);
  await rejects(party.redeem(request, back), { error: 'invalid_grant' });
  assert.equal((await party.introspect(tokens.access_token)).active, false, 'a code that comes twice ends its tokens');
  await rejects(party.refresh(tokens.refresh_token), { error: 'invalid_grant' });
}

/** Requests that weren't pushed, were pushed by somebody else, or weren't signed by the client. */
async function refusesRequests(party, other) {
  const request = await party.request();
  const direct = await person.visit(oidc.buildAuthorizationUrl(party.config, await party.sent(request)), CALLBACK);
  if (direct instanceof URL) assert.equal(opened(direct).error, 'invalid_request');
  else assert.equal(direct.status, 400);

  const elsewhere = await other.push(await other.request());
  elsewhere.searchParams.set('client_id', party.id);
  assert.equal((await person.visit(elsewhere, CALLBACK)).status, 400);

  if (!party.variant.isSigned) return;
  await rejects(oidc.buildAuthorizationUrlWithPAR(party.config, request.parameters, party.holder), { error: 'invalid_request' });
  const forged = await party.sent(request, await keyFor(party.variant.algorithm, 'stranger'));
  await rejects(oidc.buildAuthorizationUrlWithPAR(party.config, forged, party.holder), { error: 'invalid_request_object' });
}

/** Whoever can't prove to be the client. */
async function refusesImpostors(party, other) {
  const expected = { error: 'invalid_client', status: 401 };
  const all = await impostors(party, other);
  for (const impostor of all) {
    await rejects(impostor.push(await impostor.request()), expected);
    await rejects(impostor.refresh('any'), expected);
  }
  await rejects(all[0].introspect('any'), expected);
  await rejects(oidc.tokenRevocation(all[0].config, 'any'), expected);
}

function impostors(party, other) {
  if (party.variant.authentication !== 'private_key_jwt') {
    return Promise.all([undefined, selfSigned('/CN=bank'), other.identity].map((identity) => party.but({ identity })));
  }
  const lies = [
    (claims) => (claims.aud = 'https://elsewhere.example'),
    (claims) => (claims.aud = [dev.issuer]),
    (claims) => (claims.aud = party.config.serverMetadata().token_endpoint),
    (claims) => delete claims.sub,
    (claims) => (claims.exp = claims.iat - 300),
  ];
  return Promise.all([...lies.map((lie) => party.but({ lie })), party.but({ isRepeating: true })]);
}

/** What the client itself takes for a forgery. */
async function noticesLies(party, request, back) {
  const lies = [(_, told) => (told.state = oidc.randomState())];
  if (party.variant.isJarm) {
    const [head, , signature] = back.searchParams.get('response').split('.');
    const claims = Buffer.from(JSON.stringify({ ...opened(back), code: 'another' })).toString('base64url');
    lies.push((answer) => answer.searchParams.set('response', [head, claims, signature].join('.')));
  } else {
    lies.push((answer) => answer.searchParams.set('iss', 'https://elsewhere.example'), (answer) => answer.searchParams.delete('iss'));
  }
  for (const lie of lies) {
    const [answer, told] = [new URL(back), { ...request }];
    lie(answer, told);
    await notices(party.redeem(told, answer));
  }
}

/** A code brought without key or certificate, by another client, or with another verifier. */
async function refusesOtherRedeemers(party, other, request, back) {
  const unbound = await party.but({ isBound: false });
  await rejects(redeemed(unbound, request, back), unbound.refusedWithoutKey());
  await rejects(redeemed(other, request, back), { error: 'invalid_grant' });
  await rejects(redeemed(party, { ...request, verifier: oidc.randomPKCECodeVerifier() }, back), { error: 'invalid_grant' });
}

/** An access token without its key or certificate, with another one, in the other scheme, and with a proof that was used. */
async function refusesThieves(party, token) {
  const expected = { error: 'invalid_token', status: 401 };
  const [unbound, other] = [await party.but({ isBound: false }), await party.withOtherKeys()];
  await rejects(unbound.call(token), expected);
  await rejects(other.call(token), expected);
  if (party.variant.isOpenId) {
    await rejects(unbound.userinfo(token, oidc.skipSubjectCheck), expected);
    await rejects(other.userinfo(token, oidc.skipSubjectCheck), expected);
  }
  const otherwise = party.variant.binding === 'dpop' ? 'Bearer' : 'DPoP';
  for (const scheme of ['DPoP', otherwise]) {
    const raw = await unbound.fetch(RESOURCE, { headers: { authorization: `${scheme} ${token}` } });
    assert.equal(raw.status, 401, scheme);
  }
  if (party.holder) await rejects((await party.but({ isRepeating: true })).call(token), { status: 401 });
  assert.equal((await party.call(token)).status, 200, 'its owner still can');
}
