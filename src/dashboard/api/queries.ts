import { queryOptions } from "@tanstack/react-query";
import type {
  DealDetail,
  DealPage,
  OperatorSession,
  OperatorStatus,
  Pipeline,
  ProblemGroup,
  Question,
  Trends,
} from "../../contract/index.ts";
import { ask } from "./ask.ts";

const minuteMs = 60_000;
/** Numbers that age by themselves are asked for so often, beside what events announce. */
const statusMs = 10_000;
/** While the list of deals is being built. */
const buildingMs = 1_000;

/** Who asks, and how one signs in. */
export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: ({ signal }) => ask<OperatorSession>("/api/session", { signal }),
});

/** How the sync stands. */
export const statusQuery = queryOptions({
  queryKey: ["status"],
  queryFn: ({ signal }) => ask<OperatorStatus>("/api/status", { signal }),
  refetchInterval: ({ state }) => (state.data?.building ? buildingMs : statusMs),
});

/** The overview's series. */
export const trendsQuery = queryOptions({
  queryKey: ["trends"],
  queryFn: ({ signal }) => ask<Trends>("/api/trends", { signal }),
  refetchInterval: minuteMs,
});

/** The pictures of the pipeline. */
export const pipelineQuery = queryOptions({
  queryKey: ["pipeline"],
  queryFn: ({ signal }) => ask<Pipeline>("/api/pipeline", { signal }),
  refetchInterval: minuteMs,
});

/** The questions that wait for a person, or those that were answered. */
export const inboxQuery = (isAnswered: boolean) =>
  queryOptions({
    queryKey: ["inbox", isAnswered],
    queryFn: async ({ signal }) => {
      const path = isAnswered ? "/api/inbox?answered=true" : "/api/inbox";
      return (await ask<{ readonly items: readonly Question[] }>(path, { signal })).items;
    },
  });

/** What stands still, by its cause. */
export const problemsQuery = queryOptions({
  queryKey: ["problems"],
  queryFn: async ({ signal }) =>
    (await ask<{ readonly groups: readonly ProblemGroup[] }>("/api/problems", { signal })).groups,
});

/** One deal with everything that is known of it. */
export const dealQuery = (id: string) =>
  queryOptions({
    queryKey: ["deal", id],
    queryFn: ({ signal }) => ask<DealDetail>(`/api/deals/${encodeURIComponent(id)}`, { signal }),
  });

/** One page of a list of deals, by the options of its address. */
export const dealsQuery = (options: string) =>
  queryOptions({
    queryKey: ["deals", options],
    queryFn: ({ signal }) => ask<DealPage>(`/api/deals?${options}`, { signal }),
    refetchInterval: ({ state }) => (state.data?.building ? 2 * buildingMs : false),
  });
