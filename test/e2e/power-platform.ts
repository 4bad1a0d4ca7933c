import { readFileSync } from "node:fs";
import { join } from "node:path";
import SwaggerParser from "@apidevtools/swagger-parser";

/*
 * What Power Platform does with a connector package, as far as a gateway can see it. It knows a
 * package's files and nothing else of us.
 */

interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly default?: unknown;
  readonly "x-ms-notification-url"?: boolean;
}

interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header" | "body";
  readonly required?: boolean;
  readonly default?: unknown;
  readonly schema?: Schema;
  readonly "x-ms-visibility"?: string;
}

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters: readonly Parameter[];
  readonly responses: Readonly<Record<string, unknown>>;
  readonly "x-ms-trigger"?: string;
}

interface PathItem {
  readonly "x-ms-notification-content"?: { readonly schema: unknown };
  readonly [method: string]: unknown;
}

interface Definition {
  readonly host: string;
  readonly basePath: string;
  readonly schemes: readonly string[];
  readonly info: { readonly title: string };
  readonly paths: Readonly<Record<string, PathItem>>;
}

interface OAuthSettings {
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly redirectUrl: string;
  readonly customParameters: Readonly<
    Record<"authorizationUrl" | "tokenUrl" | "refreshUrl", { readonly value: string }>
  >;
}

/** An answer as a flow sees it. */
export interface FlowAnswer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: flows look into answers of many shapes
  readonly body: any;
}

/** Plays the person: gets the issuer's page, resolves to where the browser is sent from it. */
export type Person = (page: string) => Promise<string>;

/** Values by parameter name, as a maker fills them in. */
export type Values = Readonly<Record<string, unknown>>;

const methods = ["get", "post", "put", "patch", "delete"];
const mostRedirects = 10;

/** A connector that a maker has imported. */
export class ImportedConnector {
  readonly definition: Definition;
  readonly #oauth: OAuthSettings;
  readonly #secret: string;

  private constructor(definition: Definition, oauth: OAuthSettings, secret: string) {
    this.definition = definition;
    this.#oauth = oauth;
    this.#secret = secret;
  }

  /** Reads and checks a package, as `paconn create --settings` does. */
  static async import(folder: string, secret: string): Promise<ImportedConnector> {
    const read = (name: string) => JSON.parse(readFileSync(join(folder, name), "utf8"));
    const settings = read("settings.json");
    const definition = read(settings.apiDefinition);
    await SwaggerParser.validate(structuredClone(definition));
    const { connectionParameters } = read(settings.apiProperties).properties;
    const icon = readFileSync(join(folder, settings.icon));
    if (icon.length > 1_048_576) throw new Error("the icon is larger than 1 MB");
    return new ImportedConnector(definition, connectionParameters.token.oAuthSettings, secret);
  }

  /** What a designer offers. */
  offers(kind: "actions" | "triggers"): readonly string[] {
    return this.#operations()
      .filter(
        ({ operation }) => (operation["x-ms-trigger"] !== undefined) === (kind === "triggers"),
      )
      .filter(({ operation }) => Reflect.get(operation, "x-ms-visibility") !== "internal")
      .map(({ operation }) => operation.summary);
  }

  /** Lets a person sign in; resolves to the connection. */
  async connect(person: Person): Promise<FlowConnection> {
    const { clientId, redirectUrl, scopes, customParameters } = this.#oauth;
    const state = crypto.randomUUID();
    const query = new URLSearchParams({
      client_id: clientId,
      response_type: "code",
      redirect_uri: redirectUrl,
      scope: scopes.join(" "),
      state,
    });
    const cookies = new Map<string, string>();
    let url = `${customParameters.authorizationUrl.value}?${query}`;
    for (let hop = 0; hop < mostRedirects && !url.startsWith(redirectUrl); hop += 1) {
      url = await this.#browse(url, cookies, person);
    }
    const returned = new URL(url).searchParams;
    if (returned.get("state") !== state) throw new Error("the state didn't come back");
    const code = returned.get("code");
    if (code === null) throw new Error(`no code came back: ${returned.get("error_description")}`);
    const grant = { grant_type: "authorization_code", code, redirect_uri: redirectUrl };
    return new FlowConnection(this, await this.#tokens(customParameters.tokenUrl.value, grant));
  }

  /** New tokens for a connection's refresh token. */
  refresh(refreshToken: string): Promise<FlowTokens> {
    const grant = { grant_type: "refresh_token", refresh_token: refreshToken };
    return this.#tokens(this.#oauth.customParameters.refreshUrl.value, grant);
  }

  /** The operation with its place. */
  operation(operationId: string) {
    const found = this.#operations().find(({ operation }) => operation.operationId === operationId);
    if (!found) throw new Error(`the connector has no ${operationId}`);
    return found;
  }

  #operations() {
    return Object.entries(this.definition.paths).flatMap(([path, item]) =>
      methods.flatMap((method) =>
        item[method] === undefined
          ? []
          : [{ path, item, method, operation: item[method] as Operation }],
      ),
    );
  }

  /** One step of a browser: the person acts on the issuer's page, redirects are followed. */
  async #browse(url: string, cookies: Map<string, string>, person: Person): Promise<string> {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(url, { redirect: "manual", headers: { cookie } });
    for (const line of answer.headers.getSetCookie()) {
      const [name = "", value = ""] = (line.split(";")[0] ?? "").split("=");
      cookies.set(name, value);
    }
    const location = answer.headers.get("location");
    if (location !== null) return new URL(location, url).href;
    if (answer.status !== 200) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
    return person(url);
  }

  async #tokens(url: string, grant: Values): Promise<FlowTokens> {
    const form = { client_id: this.#oauth.clientId, client_secret: this.#secret, ...grant };
    const body = new URLSearchParams(form as Record<string, string>);
    const answer = await fetch(url, { method: "POST", body });
    if (!answer.ok) throw new Error(`no tokens: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as FlowTokens;
  }
}

interface FlowTokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

/** A turned-on flow. */
export interface TurnedOn {
  /** The schema that what arrives is said to have. */
  readonly content: unknown;
  turnOff(): Promise<void>;
}

/** A maker's connection: runs actions and turns flows on. */
export class FlowConnection {
  readonly #connector: ImportedConnector;
  #tokens: FlowTokens;

  constructor(connector: ImportedConnector, tokens: FlowTokens) {
    this.#connector = connector;
    this.#tokens = tokens;
  }

  /** Runs an action with a maker's values. Throws where the answer isn't one of the definition. */
  async run(operationId: string, values: Values = {}): Promise<FlowAnswer> {
    const { operation, method, path } = this.#connector.operation(operationId);
    const { host, basePath, schemes } = this.#connector.definition;
    const filled = fillIn(operation.parameters, values);
    const place = path.replace(/\{(\w+)\}/g, (_, name: string) =>
      encodeURIComponent(String(filled.path[name])),
    );
    const query = new URLSearchParams(filled.query).toString();
    // Base path and path are joined as they are, which doubles the slash between them.
    const url = `${schemes[0]}://${host}${basePath}${place}${query === "" ? "" : `?${query}`}`;
    const answer = await this.#send(method, url, filled.headers, filled.body);
    if (operation.responses[answer.status] === undefined) {
      throw new Error(`${operationId} answered ${answer.status}, which it doesn't define`);
    }
    return answer;
  }

  /** Turns a flow on whose trigger notifies `callbackUrl`. */
  async turnOn(operationId: string, callbackUrl: string, values: Values = {}): Promise<TurnedOn> {
    const { operation, item } = this.#connector.operation(operationId);
    const body = operation.parameters.find((parameter) => parameter.in === "body");
    const properties = Object.entries(body?.schema?.properties ?? {});
    const [address] = properties.find(([, one]) => one["x-ms-notification-url"]) ?? [];
    if (!(body && address)) throw new Error(`${operationId} takes no notification address`);
    const answer = await this.run(operationId, {
      [body.name]: { ...values, [address]: callbackUrl },
    });
    const location = answer.headers.get("location");
    if (answer.status !== 201 || location === null) throw new Error("no subscription was made");
    return {
      content: item["x-ms-notification-content"]?.schema,
      turnOff: async () => {
        const { status } = await this.#send("delete", location, {}, undefined);
        if (status >= 300) throw new Error(`the subscription stays: ${status}`);
      },
    };
  }

  /** As the platform does before a token ends. */
  async renew(): Promise<void> {
    this.#tokens = await this.#connector.refresh(this.#tokens.refresh_token);
  }

  async #send(
    method: string,
    url: string,
    headers: Readonly<Record<string, string>>,
    body: unknown,
  ): Promise<FlowAnswer> {
    const answer = await fetch(url, {
      method: method.toUpperCase(),
      headers: {
        ...headers,
        authorization: `Bearer ${this.#tokens.access_token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    const parsed = text === "" ? undefined : JSON.parse(text);
    return { status: answer.status, headers: answer.headers, body: parsed };
  }
}

/**
 * Sorts values to where they belong; what is required and missing is an error, as in a designer.
 */
function fillIn(parameters: readonly Parameter[], values: Values) {
  const known = new Set(parameters.map(({ name }) => name));
  for (const name of Object.keys(values)) {
    if (!known.has(name)) throw new Error(`there is no parameter ${name}`);
  }
  const filled = {
    path: {} as Record<string, unknown>,
    query: {} as Record<string, string>,
    headers: {} as Record<string, string>,
    body: undefined as unknown,
  };
  for (const parameter of parameters) {
    const value = values[parameter.name] ?? parameter.default;
    if (value === undefined) {
      if (parameter.required) throw new Error(`${parameter.name} is required`);
      continue;
    }
    if (parameter.in === "body") filled.body = value;
    else if (parameter.in === "path") filled.path[parameter.name] = value;
    else if (parameter.in === "query") filled.query[parameter.name] = String(value);
    else filled.headers[parameter.name.toLowerCase()] = String(value);
  }
  return filled;
}
