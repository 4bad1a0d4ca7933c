import { lookup as dnsLookup } from "node:dns";
import { type IncomingMessage, request as requestOverHttp } from "node:http";
import { request as requestOverHttps } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import {
  type Http,
  HttpFailure,
  type HttpRequest,
  type HttpResponse,
} from "../../runtime/index.ts";
import { isPrivateAddress } from "./addresses.ts";

/** The address that a webhook would have to be sent to is private, and that isn't allowed here. */
export class PrivateAddressRefused extends Error {
  constructor(host: string) {
    super(`${host} resolves to a private address; webhooks go to public addresses only`);
    this.name = "PrivateAddressRefused";
  }
}

const defaultTimeoutMs = 10_000;
const maxAnswerBytes = 64 * 1024;

/**
 * Resolves a name and refuses private answers. The connection is made to the very address that was
 * checked, so a name that resolves differently a moment later (DNS rebinding) gains nothing.
 */
const publicLookup: LookupFunction = (hostname, options, callback) => {
  dnsLookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, "", 0);
    const first = addresses[0];
    if (!first || addresses.some(({ address }) => isPrivateAddress(address))) {
      return callback(new PrivateAddressRefused(hostname), "", 0);
    }
    return options.all ? callback(null, addresses) : callback(null, first.address, first.family);
  });
};

function failureOf(error: unknown, url: URL): unknown {
  if (error instanceof PrivateAddressRefused) return error;
  if (error instanceof DOMException && error.name === "TimeoutError") {
    return new HttpFailure("timeout", `no answer from ${url.host} in time`, { cause: error });
  }
  const code = error instanceof Error ? String(Reflect.get(error, "code") ?? "") : "";
  const kind = code === "ECONNREFUSED" || code === "ENOTFOUND" ? "unreachable" : "connection-lost";
  const message = `no answer from ${url.host} (${code || "connection failed"})`;
  return new HttpFailure(kind, message, { cause: error });
}

function readAnswer(response: IncomingMessage): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    response.on("data", (chunk: Buffer) => {
      size += chunk.length;
      // What is beyond the limit isn't needed, and must not be waited for.
      if (size > maxAnswerBytes) response.destroy();
      else chunks.push(chunk);
    });
    response.on("error", reject);
    response.on("close", () =>
      resolve({
        status: response.statusCode ?? 0,
        headers: Object.fromEntries(
          Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
        ),
        body: Buffer.concat(chunks).toString("utf8"),
      }),
    );
  });
}

function send(request: HttpRequest, url: URL, lookup: LookupFunction | undefined) {
  const over = url.protocol === "https:" ? requestOverHttps : requestOverHttp;
  const timeout = AbortSignal.timeout(request.timeoutMs ?? defaultTimeoutMs);
  return new Promise<HttpResponse>((resolve, reject) => {
    const call = over(
      url,
      {
        method: request.method,
        headers: request.headers,
        // A kept-alive socket would outlive the check of its address.
        agent: false,
        signal: request.signal ? AbortSignal.any([request.signal, timeout]) : timeout,
        ...(lookup ? { lookup } : {}),
      },
      (response) => readAnswer(response).then(resolve, reject),
    );
    call.on("error", (error) => reject(timeout.aborted ? timeout.reason : error));
    call.end(request.body);
  });
}

/**
 * Http that follows no redirect, reads a bounded answer and, unless allowed, never connects to a
 * private address.
 */
export function guardedHttp(options: { readonly allowPrivateAddresses: boolean }): Http {
  return async (request) => {
    const url = new URL(request.url);
    const host = url.hostname.replace(/^\[|\]$/g, "");
    if (!options.allowPrivateAddresses && isIP(host) !== 0 && isPrivateAddress(host)) {
      throw new PrivateAddressRefused(host);
    }
    try {
      return await send(request, url, options.allowPrivateAddresses ? undefined : publicLookup);
    } catch (error) {
      throw failureOf(error, url);
    }
  };
}
