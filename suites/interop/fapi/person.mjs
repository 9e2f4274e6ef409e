// A person without a browser: follows links and posts forms, as a browser without scripts would.

import { dev } from '../harness.mjs';

/** How many pages and redirects a person puts up with. */
const STEPS = 12;

/** Somebody with an account, and the cookies of one browser. Stays signed in, as people do. */
export class Person {
  #login;
  #cookies = new Map();

  constructor(login = dev.user) {
    this.#login = login;
  }

  /** Opens an authorization URL and decides. The URL that leads back to the client, or the page where it ended. */
  async visit(url, redirectUri, decision = 'allow') {
    const isEnd = (target) => target.href.startsWith(redirectUri);
    let at = await this.#open(url, isEnd);
    if (at.status === 200 && formWith(at.text, decision)) at = await this.press(at, decision, {}, isEnd);
    return at;
  }

  /** The page at the end of a link; signs in on the way where asked. */
  open(url) {
    return this.#open(url, () => false);
  }

  /** Presses a button with what was filled in, and follows where it leads. */
  async press(page, button, filled = {}, isEnd = () => false) {
    const form = formWith(page.text, button);
    if (!form) throw new Error(`no #${button} at ${page.url} (${page.status}): ${page.text}`);
    const body = new URLSearchParams({ ...form.fields, ...filled });
    return this.#follow(await this.#send(new URL(form.action, page.url), { method: 'POST', body }), isEnd);
  }

  async #open(url, isEnd) {
    const page = await this.#follow(await this.#send(new URL(url)), isEnd);
    if (page instanceof URL || !formWith(page.text, 'sign-in')) return page;
    const { email: identifier, password } = this.#login;
    return this.press(page, 'sign-in', { identifier, password }, isEnd);
  }

  async #follow(page, isEnd) {
    for (let step = 0; step < STEPS && page.location; step += 1) {
      const target = new URL(page.location, page.url);
      if (isEnd(target)) return target;
      page = await this.#send(target);
    }
    return page;
  }

  async #send(url, options = {}) {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { redirect: 'manual', headers: { cookie }, ...options });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      this.#cookies.set(name, value);
    }
    return { url, status: response.status, location: response.headers.get('location'), text: await response.text() };
  }
}

/** Where the link of this id leads. */
export function link(page, id) {
  const found = tags(page.text, 'a').find((attributes) => attributes.id === id);
  if (!found) throw new Error(`no #${id} at ${page.url} (${page.status}): ${page.text}`);
  return new URL(found.href, page.url);
}

/** The form with this button, as it is sent when the button is pressed. */
function formWith(text, button) {
  for (const [, attributes, inside] of text.matchAll(/<form([^>]*)>(.*?)<\/form>/gs)) {
    const controls = tags(inside, 'input|button');
    if (!controls.some(({ id }) => id === button)) continue;
    const isSent = ({ id, name, type = 'submit', checked }) =>
      name && (type === 'submit' ? id === button : !['checkbox', 'radio'].includes(type) || checked !== undefined);
    const fields = Object.fromEntries(controls.filter(isSent).map(({ name, value = '' }) => [name, value]));
    return { action: read(attributes).action ?? '', fields };
  }
  return undefined;
}

function tags(text, names) {
  return [...text.matchAll(new RegExp(`<(?:${names})\\b([^>]*)>`, 'g'))].map(([, attributes]) => read(attributes));
}

function read(attributes) {
  const named = [...attributes.matchAll(/([\w-]+)(?:="([^"]*)")?/g)];
  return Object.fromEntries(named.map(([, name, value = '']) => [name, plain(value)]));
}

const SIGNS = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function plain(value) {
  return value.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (all, hex, decimal, name) => {
    if (name) return SIGNS[name] ?? all;
    return String.fromCodePoint(hex ? parseInt(hex, 16) : Number(decimal));
  });
}
