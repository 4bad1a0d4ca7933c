import type { QueryClient } from "@tanstack/react-query";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

/** Whether the page hears of changes as they happen. */
export type Liveness = "connecting" | "live" | "lost";

interface EventData {
  readonly pairIds: readonly string[];
  readonly isForPeople: boolean;
}

/** Events are gathered for so long, so that a burst of them is one refresh. */
const gatherMs = 300;
const lists = ["status", "deals", "problems"] as const;

function refresh(client: QueryClient, ids: ReadonlySet<string>, isForPeople: boolean): void {
  for (const list of lists) void client.invalidateQueries({ queryKey: [list] });
  for (const id of ids) void client.invalidateQueries({ queryKey: ["deal", id] });
  if (isForPeople) void client.invalidateQueries({ queryKey: ["inbox"] });
}

/** Follows the server's events and lets what they concern be asked for anew. */
export function useLive(isAllowed: boolean): Liveness {
  const client = useQueryClient();
  const [liveness, setLiveness] = useState<Liveness>("connecting");
  useEffect(() => {
    if (!isAllowed) return;
    const source = new EventSource("/api/events");
    const ids = new Set<string>();
    let isForPeople = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const flush = (): void => {
      timer = undefined;
      refresh(client, ids, isForPeople);
      ids.clear();
      isForPeople = false;
    };
    source.onopen = () => {
      setLiveness("live");
      void client.invalidateQueries();
    };
    source.onerror = () => setLiveness("lost");
    source.onmessage = ({ data }) => {
      const event = JSON.parse(String(data)) as EventData;
      for (const id of event.pairIds) ids.add(id);
      isForPeople ||= event.isForPeople;
      timer ??= setTimeout(flush, gatherMs);
    };
    return () => {
      clearTimeout(timer);
      source.close();
    };
  }, [client, isAllowed]);
  return liveness;
}
