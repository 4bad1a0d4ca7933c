import type { PipelinePolicy } from "@azure/core-rest-pipeline";
import { retryAfterMs } from "../contract/index.ts";
import type { Clock } from "../runtime/index.ts";
import type { CallBudget } from "./call-budget.ts";
import { abortSignalOf } from "./token-session.ts";

/**
 * Holds each send back until the budget has room, and tells the budget of each end and each 429.
 */
export function budgetPolicy(budget: CallBudget, clock: Clock): PipelinePolicy {
  return {
    name: "partnerReferralsCallBudget",
    async sendRequest(request, next) {
      const takenAt = await budget.take(abortSignalOf(request));
      try {
        const response = await next(request);
        if (response.status === 429) {
          budget.throttled(retryAfterMs(response.headers.get("retry-after"), clock.now()));
        }
        return response;
      } finally {
        budget.answered(takenAt);
      }
    },
  };
}
