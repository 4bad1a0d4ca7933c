import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ask } from "../api/ask.ts";
import { useToasts } from "../shell/toasts.tsx";

interface Command {
  readonly path: string;
  readonly body?: unknown;
  readonly method?: string;
  /** What is said when it was carried out. */
  readonly said?: string | ((answer: unknown) => string);
}

/** Sends what a person decided; says what came of it, and lets everything be asked for anew. */
export function useCommand() {
  const client = useQueryClient();
  const toasts = useToasts();
  return useMutation({
    mutationFn: ({ path, body, method }: Command) =>
      ask<unknown>(path, { body: body ?? {}, ...(method ? { method } : {}) }),
    onSuccess: (answer, { said }) => {
      const text = typeof said === "function" ? said(answer) : said;
      if (text) toasts.done(text);
    },
    onError: (error) => toasts.refused(error),
    onSettled: () => client.invalidateQueries(),
  });
}
