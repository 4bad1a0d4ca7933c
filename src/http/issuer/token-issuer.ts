import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { JWTPayload } from "jose";
import type { Log } from "../../runtime/index.ts";
import type { Principal } from "../principal.ts";
import { Throttle } from "../throttle.ts";
import type { TrustedIssuer } from "../token-verifier.ts";
import { type AuthorizeAnswer, finishSignIn, showSignIn } from "./authorize-endpoint.ts";
import { type Form, knownClient, required } from "./client-authentication.ts";
import { beginDeviceSignIn } from "./device-codes.ts";
import { answerDevicePage } from "./device-page.ts";
import { discoveryDocument } from "./discovery.ts";
import { OAuthError, oauthErrorBody } from "./oauth-error.ts";
import { messagePage, userCodePage } from "./pages.ts";
import { type IssuerSettings, issuerLimits, issuerOfTenant } from "./settings.ts";
import { SigningKeys } from "./signing-keys.ts";
import { answerTokenRequest } from "./token-endpoint.ts";

/** What a token issuer needs. */
export interface TokenIssuerOptions extends Omit<IssuerSettings, "keys" | "baseUrl"> {
  readonly log: Log;
}

interface TenantRoute {
  readonly Params: { readonly tenant?: string };
}

/** A parameter given twice is an error (RFC 6749 section 3.1), an empty one counts as absent. */
function parseForm(text: string): Form {
  const form: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(text)) {
    if (Object.hasOwn(form, name)) throw new OAuthError("malformedRequest", "repeated parameter");
    if (value.length > issuerLimits.parameterLength) {
      throw new OAuthError("malformedRequest", "parameter too long");
    }
    if (value !== "") form[name] = value;
  }
  return form;
}

const queryOf = (request: FastifyRequest): Form =>
  parseForm(request.raw.url?.split("?").slice(1).join("?") ?? "");
const formOf = (request: FastifyRequest): Form => (request.body ?? {}) as Form;

function sendPage(reply: FastifyReply, html: string, status = 200): FastifyReply {
  return reply
    .code(status)
    .header("content-type", "text/html; charset=utf-8")
    .header(
      "content-security-policy",
      "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    )
    .header("referrer-policy", "no-referrer")
    .send(html);
}

const sendAuthorize = (reply: FastifyReply, answer: AuthorizeAnswer): FastifyReply =>
  "page" in answer
    ? sendPage(reply, answer.page)
    : reply.code(303).header("location", answer.location).send();

/**
 * An OAuth 2 issuer in the shape of Microsoft Entra's v2 endpoints, for a sandbox: whoever can
 * reach it may choose to be any of its users. Grants: client credentials, device code,
 * authorization code with PKCE, refresh token.
 */
export class TokenIssuer {
  readonly #settings: IssuerSettings;
  readonly #log: Log;
  readonly #userCodeTries: Throttle;
  #baseUrl = "http://localhost";

  private constructor(options: TokenIssuerOptions, keys: SigningKeys) {
    this.#settings = { ...options, keys, baseUrl: () => this.#baseUrl };
    this.#log = options.log;
    const limit = issuerLimits.userCodeTriesPerMinute;
    this.#userCodeTries = new Throttle({ clock: options.clock, limit });
  }

  /** An issuer with the key pair from the store, made there on the first start. */
  static async create(options: TokenIssuerOptions): Promise<TokenIssuer> {
    return new TokenIssuer(options, await SigningKeys.load(options.store));
  }

  /**
   * The address that tokens name as their issuer: to be set once the server listens, before the
   * first token.
   */
  set baseUrl(url: string) {
    this.#baseUrl = url.replace(/\/+$/, "");
  }

  /**
   * How a TokenVerifier accepts this issuer's tokens for some of its resources; undefined for a
   * foreign issuer.
   */
  trusted(issuer: string, audiences: readonly string[]): TrustedIssuer | undefined {
    const tenantId = /\/([^/]+)\/v2\.0$/.exec(issuer)?.[1];
    if (tenantId === undefined || issuer !== issuerOfTenant(this.#settings, tenantId)) {
      return undefined;
    }
    const toPrincipal = ({ oid, azp, roles }: JWTPayload): Principal => ({
      organizationId: tenantId,
      userId: String(oid),
      clientId: String(azp),
      roles: Array.isArray(roles) ? roles.map(String) : [],
      connectionKey: `${tenantId} ${azp} ${oid}`,
    });
    return { issuer, audiences, keys: this.#settings.keys.verificationKeys, toPrincipal };
  }

  /** Adds the endpoints to a server, in a scope of their own. */
  async register(server: FastifyInstance): Promise<void> {
    await server.register(async (scope) => {
      scope.addContentTypeParser(
        "application/x-www-form-urlencoded",
        { parseAs: "string", bodyLimit: issuerLimits.formBytes },
        (_request, body: string, done) => {
          try {
            done(null, parseForm(body));
          } catch (error) {
            done(error as Error);
          }
        },
      );
      scope.addHook("onRequest", (_request, reply, done) => {
        reply.header("cache-control", "no-store").header("pragma", "no-cache");
        done();
      });
      scope.setErrorHandler((error, request, reply) => this.#sendRefusal(error, request, reply));
      for (const prefix of ["", "/:tenant"]) {
        this.#addTokenRoutes(scope, prefix);
        this.#addAuthorizeRoutes(scope, prefix);
        this.#addDiscoveryRoutes(scope, prefix);
      }
      this.#addDevicePage(scope);
    });
  }

  #addTokenRoutes(scope: FastifyInstance, prefix: string): void {
    const token = (request: FastifyRequest<TenantRoute>) =>
      answerTokenRequest(
        this.#settings,
        request.params.tenant,
        formOf(request),
        request.headers.authorization,
      );
    scope.post<TenantRoute>(`${prefix}/oauth2/v2.0/token`, token);
    scope.post<TenantRoute>(`${prefix}/oauth2/token`, token);
    scope.post<TenantRoute>(`${prefix}/oauth2/v2.0/devicecode`, async (request) => {
      const form = formOf(request);
      const clientId = required(form, "client_id");
      const client = await knownClient(this.#settings, request.params.tenant, clientId);
      return beginDeviceSignIn(this.#settings, client, form);
    });
  }

  #addAuthorizeRoutes(scope: FastifyInstance, prefix: string): void {
    const path = `${prefix}/oauth2/v2.0/authorize`;
    scope.get<TenantRoute>(path, async (request, reply) => {
      const form = queryOf(request);
      const answer = await showSignIn(this.#settings, request.params.tenant, form, "authorize");
      return sendAuthorize(reply, answer);
    });
    scope.post<TenantRoute>(path, async (request, reply) => {
      const form = formOf(request);
      return sendAuthorize(reply, await finishSignIn(this.#settings, request.params.tenant, form));
    });
  }

  #addDiscoveryRoutes(scope: FastifyInstance, prefix: string): void {
    const discovery = (request: FastifyRequest<TenantRoute>) =>
      discoveryDocument(this.#settings, request.params.tenant);
    for (const version of ["", "/v2.0"]) {
      const path = `${prefix}${version}/.well-known/openid-configuration`;
      scope.get<TenantRoute>(path, async (request) => discovery(request));
    }
    scope.get(`${prefix}/discovery/v2.0/keys`, async () => this.#settings.keys.jwks);
  }

  #addDevicePage(scope: FastifyInstance): void {
    scope.get("/devicelogin", async (request, reply) =>
      sendPage(reply, userCodePage(queryOf(request).user_code ?? "")),
    );
    scope.post("/devicelogin", async (request, reply) => {
      const waitS = this.#userCodeTries.take(request.ip);
      if (waitS > 0) {
        const page = messagePage("Too many tries", `Try again in ${waitS} seconds.`);
        return sendPage(reply.header("retry-after", String(waitS)), page, 429);
      }
      return sendPage(reply, await answerDevicePage(this.#settings, formOf(request)));
    });
  }

  #sendRefusal(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const refusal = this.#refusalFor(error, request);
    if (request.raw.url?.includes("/authorize") || request.raw.url?.includes("/devicelogin")) {
      return sendPage(
        reply,
        messagePage("Sign-in isn't possible", refusal.message),
        refusal.status,
      );
    }
    if (refusal.status === 401) reply.header("www-authenticate", 'Basic realm="token"');
    const sent = request.headers["client-request-id"];
    const context = {
      now: this.#settings.clock.now(),
      traceId: request.id,
      correlationId: typeof sent === "string" ? sent : request.id,
    };
    return reply.code(refusal.status).send(oauthErrorBody(refusal, context));
  }

  #refusalFor(error: unknown, request: FastifyRequest): OAuthError {
    if (error instanceof OAuthError) return error;
    const { statusCode, code, name } = error as Error & { statusCode?: number; code?: string };
    if (statusCode !== undefined && statusCode < 500) return new OAuthError("malformedRequest");
    this.#log.error({ requestId: request.id, error: name, code }, "a token request failed");
    return new OAuthError("unexpected");
  }
}
