// A client under a FAPI profile, with what it holds: keys, certificate, and openid-client set up for them.

import * as oidc from 'openid-client';

import { dev } from '../harness.mjs';
import { issued, selfSigned } from './certificates.mjs';
import { connection } from './connection.mjs';

export const CALLBACK = 'https://bank.example/callback';
export const RESOURCE = new URL('/dev/resource', dev.base_url);
const API = `${dev.issuer}/api/v1`;

/** The algorithms of FAPI 2.0, as Web Crypto has them. */
const ALGORITHMS = {
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  PS256: { name: 'RSA-PSS', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' },
  Ed25519: { name: 'Ed25519' },
};

/** The ways RFC 8705 §2.1.2 has to name the subject of a certificate: member, its value, and what stands in the certificate. */
const SUBJECTS = [
  {
    member: 'tls_client_auth_subject_dn',
    value: (name) => `CN=${name},O=Bank\\, Ltd,C=CH`,
    subject: (name) => `/C=CH/O=Bank, Ltd/CN=${name}`,
  },
  { member: 'tls_client_auth_san_dns', value: (name) => `${name}.example`, kind: 'DNS' },
  { member: 'tls_client_auth_san_uri', value: (name) => `https://bank.example/${name}`, kind: 'URI' },
  { member: 'tls_client_auth_san_ip', value: (name) => `2001:db8::${name.replace('bank-', '')}`, kind: 'IP' },
  { member: 'tls_client_auth_san_email', value: (name) => `${name}@bank.example`, kind: 'email' },
];

const keys = {};
let count = 0;

/** An administrator's request. */
export async function administer(method, path, body) {
  const headers = { 'x-api-key': dev.api_key, 'content-type': 'application/json' };
  const answer = await fetch(`${API}/admin/${path}`, { method, headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()).data;
}

/**
 * Registers a client for a variant: `authentication`, `binding` (`dpop` or `mtls`), `profile`, and `more` members. Whoever is
 * `isDynamic` registers itself, the others are registered by an administrator.
 */
export async function join(variant) {
  count += 1;
  const name = `bank-${count}`;
  const way = SUBJECTS[count % SUBJECTS.length];
  const isVouchedFor = variant.authentication === 'tls_client_auth';
  const subject = (isVouchedFor && way.subject?.(name)) || `/CN=${name}`;
  const names = way.kind && [`${way.kind}:${way.value(name)}`];
  const makeIdentity = () => (isVouchedFor ? issued(subject, names) : selfSigned(subject));
  const [identity, key] = [makeIdentity(), await keyFor(variant.algorithm)];
  const metadata = {
    client_name: 'Bank', redirect_uris: [CALLBACK], response_types: ['code'], grant_types: ['authorization_code', 'refresh_token'],
    scope: 'openid email reports:read offline_access', fapi_profile: variant.profile, jwks: { keys: [key.jwk, identity.jwk] },
    token_endpoint_auth_method: variant.authentication,
    dpop_bound_access_tokens: variant.binding === 'dpop', tls_client_certificate_bound_access_tokens: variant.binding === 'mtls',
    ...(isVouchedFor && { [way.member]: way.value(name) }), ...variant.more,
  };
  const client = variant.isDynamic ? await registerItself(metadata) : await registerByAdministrator(metadata);
  return new Party(variant, { client, key, identity, makeIdentity }).prepared();
}

async function registerItself(metadata) {
  const [headers, body] = [{ 'content-type': 'application/json' }, JSON.stringify(metadata)];
  const answer = await fetch(`${API}/connect/register`, { method: 'POST', headers, body });
  if (answer.status !== 201) throw new Error(`registration: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

/** The administrator's document has the same members in another spelling. */
async function registerByAdministrator({ client_name: name, scope, ...members }) {
  const camel = (member) => member.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
  const spelt = Object.fromEntries(Object.entries(members).map(([member, value]) => [camel(member), value]));
  const made = await administer('POST', 'clients', { name, scopes: scope.split(' '), ...spelt });
  return { ...members, client_id: made.clientId };
}

/** A key for an algorithm and its owner. There is one of each, for an RSA key takes a while to make. */
export function keyFor(algorithm, owner = 'bank') {
  keys[`${owner} ${algorithm}`] ??= makeKey(algorithm);
  return keys[`${owner} ${algorithm}`];
}

async function makeKey(algorithm) {
  const pair = await crypto.subtle.generateKey(ALGORITHMS[algorithm], true, ['sign', 'verify']);
  const { kty, crv, x, y, n, e } = await crypto.subtle.exportKey('jwk', pair.publicKey);
  const [kid, alg] = [`bank-${algorithm}`, algorithm === 'Ed25519' ? 'EdDSA' : algorithm];
  return { key: pair.privateKey, kid, jwk: { kty, crv, x, y, n, e, kid, alg, use: 'sig' } };
}

/** A client as one of its programs runs it: with this certificate, this key for proofs, and this way to prove who it is. */
export class Party {
  /**
   * Of `held`: `client` as it was registered, `key` for what it signs, `identity` (certificate and key, or none) and `makeIdentity`;
   * `isBound: false` leaves out what binds tokens, `lie` changes the claims of assertions, `isRepeating` sends everything twice and
   * takes the second answer.
   */
  constructor(variant, held) {
    Object.assign(this, { variant, isBound: true, ...held });
  }

  async prepared() {
    const { variant, client } = this;
    this.fetch = this.#connection();
    const [metadata, proof] = [this.#metadata(), this.#proof()];
    if (this.server) {
      this.config = new oidc.Configuration(this.server, client.client_id, metadata, proof);
      this.config[oidc.customFetch] = this.fetch;
    } else {
      const options = { algorithm: variant.isOpenId ? 'oidc' : 'oauth2', [oidc.customFetch]: this.fetch };
      this.config = await oidc.discovery(new URL(dev.issuer), client.client_id, metadata, proof, options);
      this.server = this.config.serverMetadata();
    }
    for (const enable of [oidc.enableNonRepudiationChecks, ...(variant.execute ?? [])]) enable(this.config);
    const isHolder = variant.binding === 'dpop' && this.isBound;
    this.pair ??= await oidc.randomDPoPKeyPair(variant.algorithm === 'PS256' ? 'ES256' : variant.algorithm);
    this.holder = isHolder ? { DPoP: oidc.getDPoPHandle(this.config, this.pair) } : undefined;
    return this;
  }

  /** The same client, but for a change of what it holds. */
  but(change) {
    return new Party(this.variant, { ...this, ...change }).prepared();
  }
  /** The same client with another key, and another certificate of its subject. */
  withOtherKeys() {
    return this.but({ identity: this.makeIdentity(), pair: undefined });
  }

  get id() {
    return this.client.client_id;
  }
  /** What its tokens are bound to. */
  async confirmation() {
    return this.holder ? { jkt: await this.holder.DPoP.calculateThumbprint() } : { 'x5t#S256': this.identity.thumbprint };
  }
  /** The token endpoint's answer to a request of the client that shows nothing to bind tokens to. */
  refusedWithoutKey() {
    if (this.variant.binding === 'dpop') return { error: 'invalid_dpop_proof', status: 400 };
    const isProven = this.variant.authentication === 'private_key_jwt';
    return isProven ? { error: 'invalid_request', status: 400 } : { error: 'invalid_client', status: 401 };
  }

  #connection() {
    const isShown = this.isBound || this.variant.binding === 'dpop';
    const once = connection(isShown ? this.identity : undefined);
    return this.isRepeating ? async (...request) => (await once(...request), once(...request)) : once;
  }
  #proof() {
    if (this.variant.authentication !== 'private_key_jwt') return oidc.TlsClientAuth();
    const { key, kid } = this.key;
    return oidc.PrivateKeyJwt({ key, kid }, { [oidc.modifyAssertion]: (_, claims) => void this.lie?.(claims) });
  }
  #metadata() {
    const isSigned = this.variant.isIntrospectionSigned;
    const algorithms = { id_token_signed_response_alg: 'PS256', authorization_signed_response_alg: 'PS256' };
    return { ...algorithms, use_mtls_endpoint_aliases: true, ...(isSigned && { introspection_signed_response_alg: 'PS256' }) };
  }

  /** What it will ask for, and what it must remember meanwhile. */
  async request(extra = {}) {
    const { variant } = this;
    const [verifier, state] = [oidc.randomPKCECodeVerifier(), oidc.randomState()];
    const nonce = variant.isOpenId ? oidc.randomNonce() : undefined;
    const parameters = {
      redirect_uri: CALLBACK, scope: variant.isOpenId ? 'openid email offline_access' : 'reports:read offline_access', state,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256', ...(nonce && { nonce }), ...extra,
    };
    return { verifier, state, nonce, parameters };
  }
  /** The parameters as they are sent: in an object that it signed, where it signs. */
  async sent({ parameters }, key = this.key) {
    if (!this.variant.isSigned) return new URLSearchParams(parameters);
    return (await this.carrying(parameters, key)).searchParams;
  }
  /** An authorization URL with a signed request object; `modify` changes its claims. */
  carrying(parameters, { key, kid } = this.key, modify = () => {}) {
    const change = { [oidc.modifyAssertion]: (_, claims) => void modify(claims) };
    return oidc.buildAuthorizationUrlWithJAR(this.config, parameters, { key, kid }, change);
  }
  /** Pushes a request. The address for the browser. */
  async push(request) {
    return oidc.buildAuthorizationUrlWithPAR(this.config, await this.sent(request), this.holder);
  }
  /** Tokens for what came back. */
  redeem(request, back) {
    const { verifier: pkceCodeVerifier, state: expectedState, nonce: expectedNonce } = request;
    const checks = { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: Boolean(expectedNonce) };
    return oidc.authorizationCodeGrant(this.config, back, checks, undefined, this.holder);
  }
  refresh(token) {
    return oidc.refreshTokenGrant(this.config, token, undefined, this.holder);
  }
  call(token, resource = RESOURCE) {
    return oidc.fetchProtectedResource(this.config, token, resource, 'GET', undefined, undefined, this.holder);
  }
  userinfo(token, sub) {
    return oidc.fetchUserInfo(this.config, token, sub, this.holder);
  }
  async introspect(token) {
    return { ...(await oidc.tokenIntrospection(this.config, token)) };
  }
}

/** Brings a code to the token endpoint without the client's own checks of the answer. */
export function redeemed(party, { verifier }, back) {
  const parameters = { code: opened(back).code, redirect_uri: CALLBACK, code_verifier: verifier };
  return oidc.genericGrantRequest(party.config, 'authorization_code', parameters, party.holder);
}

/** What the answer at the redirect URI says, wherever it stands there; unverified. */
export function opened(back) {
  const response = back.searchParams.get('response');
  if (!response) return Object.fromEntries(back.hash ? new URLSearchParams(back.hash.slice(1)) : back.searchParams);
  return JSON.parse(Buffer.from(response.split('.')[1], 'base64url'));
}
