import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Refusal } from "./api/ask.ts";
import { App } from "./shell/app.tsx";
import { ToastProvider } from "./shell/toasts.tsx";
import "./styles/tokens.css";
import "./styles/elements.css";
import "./styles/shell.css";

const mostRetries = 2;
const firstRetryMs = 1_000;
const longestRetryMs = 30_000;

const client = new QueryClient({
  defaultOptions: {
    queries: {
      // Events say what is stale; nothing is asked again just because somebody looked.
      staleTime: Number.POSITIVE_INFINITY,
      refetchOnWindowFocus: false,
      retryDelay: (count, error) => {
        const asked = error instanceof Refusal ? error.retryAfterMs : undefined;
        return Math.min(asked ?? firstRetryMs * 2 ** count, longestRetryMs);
      },
      retry: (count, error) => count < mostRetries && !(error instanceof Refusal && error.isFinal),
    },
  },
});

const place = document.getElementById("page");
if (place) {
  createRoot(place).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <ToastProvider>
          <App />
        </ToastProvider>
      </QueryClientProvider>
    </StrictMode>,
  );
}
