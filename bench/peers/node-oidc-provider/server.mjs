// The peer: node-oidc-provider granting client credentials as ES256 JWT access tokens.
//
// It gets every advantage it can honestly have: production mode, the in-memory adapter it ships with, a key parsed once,
// no log, no middleware of ours, only the features this grant needs. WORKERS=n starts n processes that share the port, as
// one would on n cores; tokens are self-contained, so the processes need no shared memory.
//
// usage: node server.mjs HOST:PORT, with CLIENT_ID, CLIENT_SECRET and WORKERS (default 1) in the environment.

import cluster from "node:cluster";
import { createServer } from "node:http";
import { generateKeyPairSync } from "node:crypto";
import Provider from "oidc-provider";

const [host, port] = (process.argv[2] ?? "127.0.0.1:7780").split(":");
const workers = Number(process.env.WORKERS ?? 1);
const resource = "https://api.example.com";

if (workers > 1 && cluster.isPrimary) {
  const signingKey = JSON.stringify(newSigningKey());
  for (let i = 0; i < workers; i += 1) cluster.fork({ SIGNING_KEY: signingKey });
  process.on("SIGTERM", () => {
    for (const worker of Object.values(cluster.workers)) worker.kill();
    process.exit(0);
  });
} else {
  serve(process.env.SIGNING_KEY ? JSON.parse(process.env.SIGNING_KEY) : newSigningKey());
}

function serve(signingKey) {
  const provider = new Provider(`http://${host}:${port}`, {
    jwks: { keys: [signingKey] },
    clients: [
      {
        client_id: process.env.CLIENT_ID,
        client_secret: process.env.CLIENT_SECRET,
        token_endpoint_auth_method: "client_secret_basic",
        grant_types: ["client_credentials"],
        response_types: [],
        redirect_uris: [],
        scope: "read write",
        id_token_signed_response_alg: "ES256",
      },
    ],
    scopes: ["read", "write"],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource,
        getResourceServerInfo: () => ({
          scope: "read write",
          audience: resource,
          accessTokenTTL: 300,
          accessTokenFormat: "jwt",
          jwt: { sign: { alg: "ES256" } },
        }),
      },
    },
    ttl: { ClientCredentials: 300 },
  });
  const server = createServer(provider.callback());
  server.keepAliveTimeout = 0;
  server.listen(Number(port), host);
}

function newSigningKey() {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { ...privateKey.export({ format: "jwk" }), alg: "ES256", use: "sig", kid: "bench" };
}
