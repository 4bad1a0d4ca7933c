import { useQuery } from "@tanstack/react-query";
import { lazy, type ReactNode, Suspense, useMemo } from "react";
import { useLive } from "../api/live.ts";
import { sessionQuery, statusQuery } from "../api/queries.ts";
import { Overview } from "../overview/overview.tsx";
import { Skeleton, Trouble } from "../parts/parts.tsx";
import { SignIn } from "../sign-in/sign-in.tsx";
import { Frame } from "./frame.tsx";
import { Guard } from "./guard.tsx";
import { NotFound } from "./not-found.tsx";
import { usePlace } from "./router.tsx";
import { type Standing, StandingContext } from "./session.ts";

const Deals = lazy(() => import("../deals/deals.tsx"));
const Deal = lazy(() => import("../deal/deal.tsx"));
const Conflicts = lazy(() => import("../conflicts/conflicts.tsx"));
const Problems = lazy(() => import("../problems/problems.tsx"));
const Mapping = lazy(() => import("../mapping/mapping.tsx"));
const PipelinePage = lazy(() => import("../pipeline/pipeline.tsx"));
const Settings = lazy(() => import("../settings/settings.tsx"));

function placeOf([first, second]: readonly string[]): ReactNode {
  switch (first) {
    case undefined:
      return <Overview />;
    case "deals":
      return second === undefined ? <Deals /> : <Deal key={second} id={second} />;
    case "conflicts":
      return <Conflicts />;
    case "problems":
      return <Problems />;
    case "mapping":
      return <Mapping />;
    case "pipeline":
      return <PipelinePage />;
    case "settings":
      return <Settings />;
    default:
      return <NotFound />;
  }
}

/** The whole page: signed in or not, and the place that the address names. */
export function App() {
  const session = useQuery(sessionQuery);
  const isIn = session.data !== undefined && (!session.data.isRequired || !!session.data.name);
  const liveness = useLive(isIn);
  const status = useQuery({ ...statusQuery, enabled: isIn });
  const { parts, address } = usePlace();
  const standing = useMemo((): Standing | undefined => {
    if (!session.data) return undefined;
    const crm = status.data?.upstreams.find(({ side }) => side === "crm");
    return {
      session: session.data,
      status: status.data,
      crmName: crm?.name ?? "CRM",
      mayDecide: session.data.role !== "viewer",
    };
  }, [session.data, status.data]);
  if (session.error) {
    return (
      <main className="alone">
        <Trouble error={session.error} retry={() => void session.refetch()} />
      </main>
    );
  }
  if (!standing) return <Skeleton />;
  if (!isIn) return <SignIn session={standing.session} />;
  return (
    <StandingContext value={standing}>
      <Frame liveness={liveness}>
        <Guard key={address.split("?", 1)[0]}>
          <Suspense fallback={<Skeleton lines={8} />}>{placeOf(parts)}</Suspense>
        </Guard>
      </Frame>
    </StandingContext>
  );
}
