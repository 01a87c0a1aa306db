// A provider at a free port of loopback, over TLS. Whoever types a name there is authenticated under it.
// Arguments: certificate chain, its key, redirect addresses. Says its issuer in one line of JSON, when it listens.
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { generateKeyPairSync, randomUUID } from "node:crypto";
import * as oidc from "oidc-provider";

const [chain, key, ...redirects] = process.argv.slice(2);

function signingKey(kind, options, alg) {
  const jwk = generateKeyPairSync(kind, options).privateKey.export({ format: "jwk" });
  return { ...jwk, kid: randomUUID(), use: "sig", alg };
}

function client(id, alg, secret) {
  return {
    client_id: id,
    redirect_uris: redirects,
    response_types: ["code"],
    grant_types: ["authorization_code"],
    id_token_signed_response_alg: alg,
    token_endpoint_auth_method: secret ? "client_secret_basic" : "none",
    ...(secret ? { client_secret: secret } : {}),
  };
}

const server = createServer({ cert: readFileSync(chain), key: readFileSync(key) });
server.listen(0, "127.0.0.1", () => {
  const issuer = `https://localhost:${server.address().port}`;
  const provider = new oidc.Provider(issuer, {
    clients: [client("public", "RS256"), client("confidential", "ES256", "a secret: 100 %")],
    jwks: {
      keys: [
        signingKey("rsa", { modulusLength: 2048 }, "RS256"),
        signingKey("ec", { namedCurve: "P-256" }, "ES256"),
      ],
    },
    cookies: { keys: [randomUUID()] },
    features: { devInteractions: { enabled: true } },
    pkce: { required: () => true },
  });
  server.on("request", provider.callback());
  console.log(JSON.stringify({ issuer }));
});
// Whoever started it ends it by closing its input, and so does their own end.
process.stdin.resume().on("end", () => process.exit(0));
