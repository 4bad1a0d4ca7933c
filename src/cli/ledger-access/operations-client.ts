import { existsSync, readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { CliFailure } from "../failure.ts";

/** One question to the operator's API. */
interface Ask {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: unknown;
}

interface Reply {
  readonly status: number;
  readonly text: string;
}

type Send = (ask: Ask, headers: Readonly<Record<string, string>>) => Promise<Reply>;

/** The operator's API, wherever it is answered. Errors: CliFailure with the API's own sentence. */
export interface OperationsClient {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body?: unknown): Promise<T>;
}

interface ErrorBody {
  readonly error?: { readonly message?: string; readonly remedy?: string };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const lookForCause = "Look for the cause: referrals doctor";

function failureOf({ status, text }: Reply, place: string): CliFailure {
  const { error } = (parsed(text) ?? {}) as ErrorBody;
  const message = error?.message ?? `The process answered ${status}.`;
  const remedies: Readonly<Record<number, string>> = {
    401: "The command line signs in by operations.token in the data folder: run it as its owner.",
    500: lookForCause,
    503: lookForCause,
    404: "List the deals with `referrals status --deals`, or search with `referrals show <words>`.",
  };
  const remedy = error?.remedy ?? remedies[status];
  return new CliFailure(message, { ...(remedy ? { remedy } : {}), ...(place ? { place } : {}) });
}

function operatorName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a number without a name.
    return "command line";
  }
}

/** Written at start by a process that demands sign-in; readable by the owner of the data alone. */
export function operationsToken(data: string): string | undefined {
  const path = join(data, "operations.token");
  return existsSync(path) ? readFileSync(path, "utf8").trim() : undefined;
}

function tokenHeader(data: string): Readonly<Record<string, string>> {
  const token = operationsToken(data);
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

/** Speaks to the API through `send`, in the name of whoever runs the command. */
function clientOver(send: Send, data: string, place: string): OperationsClient {
  async function ask<T>(question: Ask): Promise<T> {
    const headers = {
      ...tokenHeader(data),
      "x-operator": encodeURIComponent(operatorName()),
      ...(question.method === "POST" ? { "content-type": "application/json" } : {}),
    };
    const reply = await send(question, headers);
    if (reply.status >= 300) throw failureOf(reply, place);
    return parsed(reply.text) as T;
  }
  return {
    get: (path) => ask({ method: "GET", path }),
    post: (path, body = {}) => ask({ method: "POST", path, body }),
  };
}

/** A client of the process that runs on a data folder. */
export function clientByHttp(url: string, data: string): OperationsClient {
  const send: Send = async ({ method, path, body }, headers) => {
    const target = new URL(path, url);
    const payload = body === undefined ? {} : { body: JSON.stringify(body) };
    try {
      const response = await fetch(target, { method, headers, ...payload });
      return { status: response.status, text: await response.text() };
    } catch (cause) {
      throw new CliFailure("The running process doesn't answer.", {
        place: url,
        remedy: "Is it stopping? Try again; if it hangs, end it and start it anew.",
        cause,
      });
    }
  };
  return clientOver(send, data, "");
}

/** A client of an API in this very process: the same words, without a socket. */
export function clientInProcess(server: FastifyInstance, data: string): OperationsClient {
  const send: Send = async ({ method, path, body }, headers) => {
    const reply = await server.inject({
      method,
      url: path,
      headers: { ...headers, host: "127.0.0.1" },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    });
    return { status: reply.statusCode, text: reply.body };
  };
  return clientOver(send, data, "");
}
