import {
  type CryptoKey,
  calculateJwkThumbprint,
  createLocalJWKSet,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JSONWebKeySet,
  type JWK,
  type JWTPayload,
  type JWTVerifyGetKey,
  SignJWT,
} from "jose";
import type { DocumentStore } from "../../storage/port.ts";

const algorithm = "RS256";

async function makeKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: algorithm, use: "sig" };
}

/** What others may know of a key. */
function publicPart({ kty, n, e, kid, alg, use }: JWK): JWK {
  return { kty, n, e, kid, alg, use } as JWK;
}

/** The issuer's key pair: made once, kept in the store, the same after a restart. */
export class SigningKeys {
  readonly jwks: JSONWebKeySet;
  /** Finds the key that verifies a token. */
  readonly verificationKeys: JWTVerifyGetKey;
  readonly #privateKey: CryptoKey | Uint8Array;
  readonly #keyId: string;

  private constructor(jwk: JWK, privateKey: CryptoKey | Uint8Array) {
    this.jwks = { keys: [publicPart(jwk)] };
    this.verificationKeys = createLocalJWKSet(this.jwks);
    this.#privateKey = privateKey;
    this.#keyId = jwk.kid ?? "";
  }

  static async load(store: DocumentStore): Promise<SigningKeys> {
    const stored =
      (await store.get("issuer-key", "current")) ??
      (await store.putFirst("issuer-key", "current", JSON.stringify(await makeKey())));
    const jwk = JSON.parse(stored) as JWK;
    return new SigningKeys(jwk, await importJWK(jwk, algorithm));
  }

  sign(claims: JWTPayload): Promise<string> {
    return new SignJWT(claims)
      .setProtectedHeader({ alg: algorithm, typ: "JWT", kid: this.#keyId })
      .sign(this.#privateKey);
  }
}
