import { lazy, Suspense } from "react";
import type { ChartProps } from "./chart.tsx";

const LazyChart = lazy(() => import("./chart.tsx"));

/** A chart; the drawing library comes after the first load, and the place is kept for it. */
export function Chart(props: ChartProps) {
  return (
    <Suspense fallback={<div style={{ height: (props.height ?? 180) + 24 }} />}>
      <LazyChart {...props} />
    </Suspense>
  );
}
