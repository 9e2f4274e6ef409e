// What the JavaScript suites share: the running server, a browser, a redirect URI, and a person who signs in.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';

import { ResponseBodyError } from 'openid-client';
import { chromium } from 'playwright-core';

const file = process.env.LUMOAUTH_DEV_JSON;
if (!file) throw new Error('LUMOAUTH_DEV_JSON must name the dev.json of a running `lumoauth dev`');

/** How long to wait for a page or a control, in milliseconds. */
const PATIENCE = 10_000;

/** What `lumoauth dev` wrote down: addresses, people, clients. */
export const dev = JSON.parse(readFileSync(file, 'utf8'));

await ready();

/** A browser with a fresh profile. The caller closes it. */
export async function openBrowser() {
  const profile = mkdtempSync(join(tmpdir(), 'lumoauth-chromium-'));
  const args = [
    '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync',
  ];
  if (dev.base_url.startsWith('https:')) args.push(`--ignore-certificate-errors-spki-list=${await pinnedKey()}`);
  const executablePath = process.env.LUMOAUTH_CHROMIUM ?? '/usr/bin/chromium';
  // The list of accepted keys only works with an explicit profile, and playwright only takes one here.
  const first = await chromium.launchPersistentContext(profile, { executablePath, args });
  return {
    async newContext(options) {
      const context = await first.browser().newContext(options);
      context.setDefaultTimeout(PATIENCE);
      return context;
    },
    async close() {
      await first.close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/**
 * A loopback redirect URI of the client, on a port of our own, and a listener that answers there. The host is the server's where
 * the client has such a URI: to a browser both are then one site. `heard` is what was asked for, one path after another.
 */
export async function listen(client) {
  const registered = client.redirect_uris.map((uri) => new URL(uri));
  const loopback = registered.filter((uri) => uri.protocol === 'http:' && ['localhost', '127.0.0.1'].includes(uri.hostname));
  const uri = loopback.find((uri) => uri.hostname === new URL(dev.base_url).hostname) ?? loopback[0];
  if (!uri) throw new Error('the client has no loopback redirect URI');
  const heard = [];
  const server = createServer((request, response) => {
    heard.push(request.url);
    response.setHeader('content-type', 'text/html');
    response.end('<!doctype html><title>Back at the application</title>');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  uri.port = server.address().port;
  return {
    uri: uri.href,
    heard,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/**
 * Opens an authorization URL and does what a person does on the way: sign in when asked, then allow or deny.
 * Returns the URL at which the browser came back to the application.
 */
export async function authorize(page, url, redirectUri, { person = dev.user, decision = '#allow' } = {}) {
  await page.goto(url);
  for (let step = 0; step < 6; step += 1) {
    if (page.url().startsWith(redirectUri)) return new URL(page.url());
    if (await page.locator('#sign-in').isVisible()) await signIn(page, person);
    else if (await page.locator(decision).isVisible()) await submit(page, decision);
    else break;
  }
  if (page.url().startsWith(redirectUri)) return new URL(page.url());
  throw new Error(`stuck at ${page.url()}: ${(await page.locator('body').innerText()).slice(0, 500)}`);
}

/** Fills in the sign-in form that the page shows, whether it asks for everything at once or one thing at a time. */
export async function signIn(page, { email, password }) {
  const identifier = page.locator('#identifier');
  if (await identifier.isEditable().catch(() => false)) await identifier.fill(email);
  if (!(await page.locator('#password').isVisible())) await submit(page, '#sign-in');
  await page.locator('#password').fill(password);
  await submit(page, '#sign-in');
}

/** Clicks something that leads to another page, and waits until that page is there. */
export async function submit(page, target) {
  const loaded = page.waitForEvent('load');
  await (typeof target === 'string' ? page.locator(target) : target).click();
  await loaded;
}

/** Rejected by the client itself, before it asked the server anything. */
export function notices(promise) {
  return assert.rejects(promise, (error) => !(error instanceof ResponseBodyError) && /^OAUTH_/.test(error.code));
}

/** Rejected with this OAuth error, from the body, the redirect, or the WWW-Authenticate challenge. */
export function rejects(promise, expected) {
  return assert.rejects(promise, (error) => {
    const found = { error: error.error ?? error.cause?.[0]?.parameters.error, status: error.status };
    for (const [name, value] of Object.entries(expected)) assert.equal(found[name], value, `${name} of ${error}`);
    return true;
  });
}

async function ready() {
  for (let attempt = 0; ; attempt += 1) {
    const status = await fetch(`${dev.base_url}/health/ready`).then((response) => response.status, (error) => error.cause ?? error);
    if (status === 200) return;
    if (attempt === 100) throw new Error(`${dev.base_url} is not ready: ${status}`);
    await sleep(200);
  }
}

/**
 * The hash of the server's public key, from a connection on which Node has verified its certificate against the
 * development CA. The browser then accepts this key and no other.
 */
function pinnedKey() {
  const { hostname, port } = new URL(dev.base_url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, servername: hostname, port: Number(port) }, () => {
      const key = socket.getPeerX509Certificate().publicKey.export({ type: 'spki', format: 'der' });
      socket.destroy();
      resolve(createHash('sha256').update(key).digest('base64'));
    });
    socket.on('error', reject);
  });
}
