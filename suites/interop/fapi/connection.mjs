// `fetch` with a certificate of the client's, which Node's own cannot show.

import { Agent, request } from 'node:https';

/** A `fetch` over connections on which this certificate is shown; none shows none. It follows no redirect. */
export function connection({ cert, key } = {}) {
  const agent = new Agent({ keepAlive: true, cert, key });
  return (url, { method = 'GET', headers, body, signal } = {}) =>
    new Promise((resolve, reject) => {
      const options = { agent, method, headers: Object.fromEntries(new Headers(headers)), signal };
      const sent = request(url, options, (message) => {
        const parts = [];
        message.on('error', reject);
        message.on('data', (part) => parts.push(part));
        message.on('end', () => resolve(answer(message, Buffer.concat(parts))));
      });
      sent.on('error', reject);
      sent.end(body == null ? undefined : `${body}`);
    });
}

function answer({ statusCode: status, rawHeaders: raw }, body) {
  const headers = new Headers();
  for (let at = 0; at < raw.length; at += 2) headers.append(raw[at], raw[at + 1]);
  return new Response(status === 204 ? null : body, { status, headers });
}
