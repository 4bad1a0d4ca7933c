import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Mishap, Mishaps } from "./mishaps.ts";
import type { RowStore } from "./row-store.ts";

/** Starts to listen on loopback; resolves to `http://127.0.0.1:<port>`. */
export function listenOnLoopback(server: FastifyInstance, port: number): Promise<string> {
  return server.listen({ host: "127.0.0.1", port });
}

/** Answers a request as the emulator does, unless a mishap that was arranged is in the way. */
export async function answerWithMishaps(
  mishaps: Mishaps,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  emulator: {
    /** Does the work; gives what sends the answer. */
    answer(): Promise<() => FastifyReply>;
    /** The refusal that a mishap asks for, in the vendor's form. */
    refuse(mishap: Extract<Mishap, { kind: "status" }>): FastifyReply;
  },
): Promise<FastifyReply> {
  const breakOff = (): FastifyReply => {
    request.raw.socket.destroy();
    return reply.hijack();
  };
  const mishap = mishaps.take(request.method, request.url);
  if (mishap?.kind === "lost-before") return breakOff();
  if (mishap?.kind === "status") return emulator.refuse(mishap);
  const send = await emulator.answer();
  return mishap?.kind === "lost-after" ? breakOff() : send();
}

/** What an emulator of a JSON API answers. */
export interface JsonResponse {
  readonly status: number;
  readonly body?: unknown;
}

/** As `answerWithMishaps`, for a JSON API over a row store: no answer leaves before it is saved. */
export function answerFromRows<Response extends JsonResponse>(
  { mishaps, store }: { readonly mishaps: Mishaps; readonly store: RowStore },
  http: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  emulator: {
    respond(): Response;
    send(response: Response | JsonResponse): FastifyReply;
    /** The body of a refusal that a mishap names none for. */
    readonly plainRefusal: unknown;
  },
): Promise<FastifyReply> {
  return answerWithMishaps(mishaps, http, {
    answer: async () => {
      const response = emulator.respond();
      await store.saved();
      return () => emulator.send(response);
    },
    refuse: ({ body, retryAfterSeconds, status }) => {
      if (retryAfterSeconds !== undefined) {
        http.reply.header("retry-after", String(retryAfterSeconds));
      }
      const refusal: unknown = body ? JSON.parse(body) : emulator.plainRefusal;
      return emulator.send({ status, body: refusal });
    },
  });
}
