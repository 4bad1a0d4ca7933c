import { type JWTPayload, type JWTVerifyGetKey, errors as joseErrors, jwtVerify } from "jose";
import { ReferralsError } from "../contract/index.ts";
import type { Clock } from "../runtime/index.ts";
import type { Principal } from "./principal.ts";

const cacheLimit = 5_000;
const clockToleranceS = 30;
const endingLength = 32;

/** An issuer whose tokens are accepted. */
export interface TrustedIssuer {
  /** The exact `iss` claim. */
  readonly issuer: string;
  /** Accepted `aud` claims. */
  readonly audiences: readonly string[];
  /** The issuer's keys: jose's createLocalJWKSet or createRemoteJWKSet. */
  readonly keys: JWTVerifyGetKey;
  /** Who the claims name; undefined where they name nobody who may call. */
  readonly toPrincipal: (claims: JWTPayload) => Principal | undefined;
}

/** What a token verifier needs. */
export interface TokenVerifierOptions {
  readonly clock: Clock;
  /** The trusted issuer that an `iss` claim names; undefined for a stranger. */
  readonly trusted: (issuer: string) => TrustedIssuer | undefined;
  /** True: tokens without a multifactor claim are refused. May be switched while running. */
  readonly requiresMfa?: () => boolean;
}

interface Verified {
  readonly authorization: string;
  readonly principal: Principal;
  readonly expiresAtMs: number;
  readonly hasMfa: boolean;
}

/**
 * The part of a token's signature that it is looked up by. The whole header is compared then;
 * hashing all of its thousand characters at each call would take longer.
 */
const ending = (authorization: string): string => authorization.slice(-endingLength);

const refusal = (message: string, cause?: unknown): ReferralsError =>
  new ReferralsError("unauthenticated", { message, cause });

function issuerOf(token: string): unknown {
  try {
    const part = token.split(".")[1] ?? "";
    return JSON.parse(Buffer.from(part, "base64url").toString()).iss;
  } catch (cause) {
    throw refusal("The access token isn't a JSON Web Token.", cause);
  }
}

/** False where the issuer's keys could not be had: the token may be good all the same. */
function saysSomethingOfTheToken(error: unknown): boolean {
  return (
    error instanceof joseErrors.JOSEError &&
    error.code !== "ERR_JWKS_TIMEOUT" &&
    error.code !== "ERR_JOSE_GENERIC"
  );
}

function sentenceFor(error: unknown): string {
  if (error instanceof joseErrors.JWTExpired) return "The access token has expired.";
  if (error instanceof joseErrors.JWTClaimValidationFailed) {
    return `The access token's claim "${error.claim}" isn't accepted here.`;
  }
  return "The access token's signature can't be verified.";
}

/** Verifies bearer tokens; what has been verified is remembered until it expires. */
export class TokenVerifier {
  readonly #clock: Clock;
  readonly #trusted: TokenVerifierOptions["trusted"];
  readonly #requiresMfa: () => boolean;
  readonly #verified = new Map<string, Verified>();

  constructor(options: TokenVerifierOptions) {
    this.#clock = options.clock;
    this.#trusted = options.trusted;
    this.#requiresMfa = options.requiresMfa ?? (() => false);
  }

  /**
   * The caller of a remembered Authorization header, without waiting; undefined where it must be
   * verified first.
   */
  recall(authorization: string): Principal | undefined {
    const known = this.#verified.get(ending(authorization));
    if (known === undefined || known.authorization !== authorization) return undefined;
    if (known.expiresAtMs <= this.#clock.now()) {
      this.#verified.delete(ending(authorization));
      return undefined;
    }
    return this.#admit(known);
  }

  /** Errors: unauthenticated, mfaRequired. */
  async verify(authorization: string): Promise<Principal> {
    const token = /^bearer +([\w.~+/=-]+)$/i.exec(authorization)?.[1];
    if (token === undefined) throw refusal("Authorization must be: Bearer, a space, the token.");
    const trusted = this.#trusted(String(issuerOf(token)));
    if (!trusted) throw refusal("The access token's issuer isn't accepted here.");
    const claims = await this.#claimsOf(token, trusted);
    const principal = trusted.toPrincipal(claims);
    if (!principal) throw refusal("The access token names no organization that is known here.");
    const verified: Verified = {
      authorization,
      principal,
      expiresAtMs: ((claims.exp ?? 0) + clockToleranceS) * 1000,
      hasMfa: Array.isArray(claims.amr) && claims.amr.includes("mfa"),
    };
    this.#remember(verified);
    return this.#admit(verified);
  }

  async #claimsOf(token: string, trusted: TrustedIssuer): Promise<JWTPayload> {
    try {
      const { payload } = await jwtVerify(token, trusted.keys, {
        issuer: trusted.issuer,
        audience: [...trusted.audiences],
        algorithms: ["RS256"],
        requiredClaims: ["exp"],
        clockTolerance: clockToleranceS,
        currentDate: new Date(this.#clock.now()),
      });
      return payload;
    } catch (error) {
      if (!saysSomethingOfTheToken(error)) {
        const message = "The token's issuer doesn't hand out its keys at the moment.";
        throw new ReferralsError("serviceNotAvailable", { message, cause: error });
      }
      throw refusal(sentenceFor(error), error);
    }
  }

  #admit(verified: Verified): Principal {
    if (!verified.hasMfa && this.#requiresMfa()) throw new ReferralsError("mfaRequired");
    return verified.principal;
  }

  #remember(verified: Verified): void {
    if (this.#verified.size >= cacheLimit) {
      const oldest = this.#verified.keys().next();
      if (!oldest.done) this.#verified.delete(oldest.value);
    }
    this.#verified.set(ending(verified.authorization), verified);
  }
}
