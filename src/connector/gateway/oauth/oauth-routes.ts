import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { messagePage } from "../../../http/index.ts";
import type { Log } from "../../../runtime/index.ts";
import { connectionScope, oauthPaths } from "../../package/oauth-addresses.ts";
import type { Connections } from "../connections.ts";
import type { TokenBook } from "../token-book.ts";
import type { ClientRegistry } from "./client-registry.ts";
import { type Form, parseForm, required } from "./form.ts";
import { OAuthRefusal } from "./oauth-refusal.ts";
import { callbackPath, redirectTo, type SignIn, signInLimits } from "./sign-in.ts";

/** What the gateway's OAuth server is made of. */
export interface OAuthRoutesOptions {
  readonly clients: ClientRegistry;
  readonly connections: Connections;
  readonly tokens: TokenBook;
  readonly signIn: SignIn;
  readonly log: Log;
  readonly publicUrl: () => string;
  /** Ends a connection and everything that is remembered of it. */
  readonly endConnection: (id: string) => Promise<boolean>;
}

const formBytes = 65_536;
const cookieName = "gateway-sign-in";
const pagePolicy =
  "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'";

const queryOf = (request: FastifyRequest): string =>
  (request.raw.url ?? "").split("?").slice(1).join("?");
const formOf = (request: FastifyRequest): Form => (request.body ?? {}) as Form;

function sendPage(reply: FastifyReply, refusal: OAuthRefusal): FastifyReply {
  return reply
    .code(refusal.status)
    .header("content-type", "text/html; charset=utf-8")
    .header("content-security-policy", pagePolicy)
    .header("referrer-policy", "no-referrer")
    .send(messagePage("Sign-in isn't possible", refusal.message));
}

const sendRefusal = (reply: FastifyReply, refusal: OAuthRefusal): FastifyReply =>
  reply.code(refusal.status).send({ error: refusal.code, error_description: refusal.message });

function basicCredentials(authorization: string | undefined): readonly string[] | undefined {
  const encoded = /^basic +([a-z\d+/=]+)$/i.exec(authorization ?? "")?.[1];
  if (encoded === undefined) return undefined;
  const [id = "", ...rest] = Buffer.from(encoded, "base64").toString().split(":");
  try {
    return [decodeURIComponent(id), decodeURIComponent(rest.join(":"))];
  } catch {
    throw new OAuthRefusal("invalid_client");
  }
}

function cookieOf(request: FastifyRequest): string | undefined {
  const pattern = new RegExp(`(?:^|;\\s*)${cookieName}=([\\w-]+)`);
  return pattern.exec(request.headers.cookie ?? "")?.[1];
}

/** The gateway's OAuth 2 server: authorization code with optional PKCE, refresh, revocation. */
export class OAuthServer {
  readonly #options: OAuthRoutesOptions;

  constructor(options: OAuthRoutesOptions) {
    this.#options = options;
  }

  /** Adds the endpoints to a server, in a scope of their own. */
  async register(server: FastifyInstance): Promise<void> {
    await server.register(async (scope) => {
      scope.addContentTypeParser(
        "application/x-www-form-urlencoded",
        { parseAs: "string", bodyLimit: formBytes },
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
      const fallback = server.errorHandler;
      scope.setErrorHandler((error, request, reply) => {
        if (!(error instanceof OAuthRefusal)) {
          return fallback.call(scope, error as never, request, reply);
        }
        const isForPerson = request.method === "GET";
        return isForPerson ? sendPage(reply, error) : sendRefusal(reply, error);
      });
      this.#addSignInRoutes(scope);
      this.#addTokenRoutes(scope);
      this.#addMetadataRoute(scope);
    });
  }

  #addSignInRoutes(scope: FastifyInstance): void {
    const { signIn, publicUrl } = this.#options;
    const cookieFor = (value: string, maxAgeS: number): string => {
      const secure = publicUrl().startsWith("https:") ? "; Secure" : "";
      const path = `Path=${callbackPath}; HttpOnly; SameSite=Lax${secure}`;
      return `${cookieName}=${value}; Max-Age=${maxAgeS}; ${path}`;
    };
    scope.get(oauthPaths.authorize, async (request, reply) => {
      const form = parseForm(queryOf(request));
      const client = signIn.trusted(form);
      try {
        const { location, browser } = await signIn.begin(form);
        reply.header("set-cookie", cookieFor(browser, signInLimits.signInMs / 1000));
        return reply.code(303).header("location", location).send();
      } catch (error) {
        if (!(error instanceof OAuthRefusal)) throw error;
        const outcome = { error: error.code, error_description: error.message };
        return reply.code(303).header("location", redirectTo(client, outcome)).send();
      }
    });
    scope.get(callbackPath, async (request, reply) => {
      const location = await signIn.finish(queryOf(request), cookieOf(request));
      reply.header("set-cookie", cookieFor("", 0));
      return reply.code(303).header("location", location).send();
    });
  }

  #addTokenRoutes(scope: FastifyInstance): void {
    scope.post(oauthPaths.token, async (request) => {
      const form = formOf(request);
      const clientId = await this.#authenticated(request, form);
      const { accessToken, refreshToken, expiresInS } = await this.#granted(form, clientId);
      return {
        token_type: "Bearer",
        access_token: accessToken,
        expires_in: expiresInS,
        refresh_token: refreshToken,
        scope: connectionScope,
      };
    });
    scope.post(oauthPaths.revoke, async (request, reply) => {
      const form = formOf(request);
      const clientId = await this.#authenticated(request, form);
      const token = required(form, "token");
      const connection = await this.#options.tokens.connectionOfToken(token, clientId);
      if (connection) await this.#options.endConnection(connection.id);
      // RFC 7009 section 2.2: an unknown token is as good as revoked.
      return reply.code(200).send();
    });
  }

  #addMetadataRoute(scope: FastifyInstance): void {
    scope.get("/.well-known/oauth-authorization-server", async () => {
      const base = this.#options.publicUrl();
      return {
        issuer: base,
        authorization_endpoint: `${base}${oauthPaths.authorize}`,
        token_endpoint: `${base}${oauthPaths.token}`,
        revocation_endpoint: `${base}${oauthPaths.revoke}`,
        response_types_supported: ["code"],
        grant_types_supported: ["authorization_code", "refresh_token"],
        code_challenge_methods_supported: ["S256"],
        token_endpoint_auth_methods_supported: [
          "client_secret_post",
          "client_secret_basic",
          "none",
        ],
        scopes_supported: [connectionScope],
      };
    });
  }

  /** The client that a request proves to be. */
  async #authenticated(request: FastifyRequest, form: Form): Promise<string> {
    const basic = basicCredentials(request.headers.authorization);
    const clientId = basic?.[0] ?? required(form, "client_id");
    const secret = basic?.[1] ?? form.client_secret;
    if (await this.#options.clients.proves(clientId, secret)) return clientId;
    this.#options.log.warn({ requestId: request.id }, "an app could not prove itself");
    throw new OAuthRefusal("invalid_client");
  }

  async #granted(form: Form, clientId: string) {
    const { tokens, signIn, connections } = this.#options;
    switch (form.grant_type) {
      case "authorization_code": {
        const { connectionId } = await signIn.redeem(form, clientId);
        const connection = await connections.find(connectionId);
        if (!connection) throw new OAuthRefusal("invalid_grant");
        return tokens.issue(connection);
      }
      case "refresh_token": {
        const renewed = await tokens.renew(required(form, "refresh_token"), clientId);
        if (!renewed) throw new OAuthRefusal("invalid_grant");
        return renewed;
      }
      case undefined:
        throw new OAuthRefusal("invalid_request", "grant_type is missing.");
      default:
        throw new OAuthRefusal("unsupported_grant_type");
    }
  }
}
