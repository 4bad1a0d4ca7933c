import { useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import "./charts.css";

/** One series of a chart. */
export interface Series {
  readonly name: string;
  /** The name of the colour in the style sheet: `--chart-1`. */
  readonly color: string;
  readonly values: readonly (number | null)[];
}

/** What a chart shows. Moments are milliseconds since 1970. */
export interface ChartProps {
  /** What the picture says, for those who don't see it. */
  readonly summary: string;
  readonly moments: readonly number[];
  readonly series: readonly Series[];
  /** `stack`: areas upon each other; `mirror`: bars up for the first, down for the second. */
  readonly kind: "line" | "stack" | "mirror" | "bars";
  readonly format: (value: number) => string;
  readonly height?: number;
  /** The value axis reaches at least so high. */
  readonly least?: number;
  /** A line that must not be passed. */
  readonly ceiling?: number;
}

const secondMs = 1_000;
const axisSize = 56;
const timeAxisSize = 26;

type Colors = (name: string) => string;

/** A CSS colour as the canvas takes it: `light-dark()` is resolved on a real element. */
function resolved(name: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** The theme's colours; another function as soon as the theme is another. */
function useColors(): Colors {
  const [colors, setColors] = useState<Colors>(() => (name: string) => resolved(name));
  useEffect(() => {
    const changed = (): void => setColors(() => (name: string) => resolved(name));
    const system = matchMedia("(prefers-color-scheme: dark)");
    system.addEventListener("change", changed);
    addEventListener("theme-changed", changed);
    return () => {
      system.removeEventListener("change", changed);
      removeEventListener("theme-changed", changed);
    };
  }, []);
  return colors;
}

const translucent = (color: string, alpha: number): string =>
  color.startsWith("rgb(") ? color.replace("rgb(", "rgba(").replace(")", `, ${alpha})`) : color;

type Column = (number | null)[];

/** What is drawn: sums where areas lie upon each other, negatives where bars are mirrored. */
function drawn({ series, kind }: ChartProps): readonly Column[] {
  if (kind === "mirror") {
    return series.map(({ values }, index) =>
      // No bar stands for nothing: one of no height would be drawn as a line.
      values.map((value) => (value ? (index === 0 ? value : -value) : null)),
    );
  }
  if (kind !== "stack") return series.map(({ values }) => [...values]);
  const sums: Column[] = [];
  for (const [index, { values }] of series.entries()) {
    sums.push(values.map((value, at) => (value ?? 0) + (sums[index - 1]?.[at] ?? 0)));
  }
  return sums;
}

function seriesOptions({ series, kind }: ChartProps, colors: Colors): uPlot.Series[] {
  const bars = uPlot.paths.bars?.({ size: [0.7, 28] });
  const step = uPlot.paths.stepped?.({ align: -1 });
  const own = series.map(({ name, color }): uPlot.Series => {
    const stroke = colors(color);
    const isBar = kind === "mirror" || kind === "bars";
    const paths = isBar ? bars : kind === "stack" ? step : undefined;
    return {
      label: name,
      stroke,
      width: isBar ? 0 : 1.5,
      points: { show: false },
      ...(kind === "line" ? { fill: translucent(stroke, 0.1) } : { fill: stroke }),
      ...(paths ? { paths } : {}),
    };
  });
  // The highest sum is drawn first, and the lower ones over it.
  return kind === "stack" ? own.toReversed() : own;
}

function optionsOf(props: ChartProps, colors: Colors, width: number): uPlot.Options {
  const { kind, format, height = 180, ceiling, least = 1 } = props;
  const quiet = colors("--quiet");
  const grid = { stroke: colors("--line"), width: 1 };
  const axis = { stroke: quiet, grid, ticks: { show: false }, font: "12px system-ui" };
  return {
    width,
    height,
    legend: { show: false },
    cursor: { y: false, points: { show: kind === "line" } },
    scales: {
      x: { time: true, range: (_plot, low, high) => spanOf(low, high) },
      y: {
        range: (_plot, low, high) => {
          const top = Math.max(high ?? 0, ceiling ?? 0, least) * 1.08;
          return kind === "mirror" ? [Math.min(low ?? 0, -least) * 1.08, top] : [0, top];
        },
      },
    },
    axes: [
      { ...axis, size: timeAxisSize, space: 90, grid: { show: false }, values: timeLabels },
      {
        ...axis,
        size: axisSize,
        values: (_plot, ticks) => ticks.map((tick) => format(Math.abs(tick))),
      },
    ],
    series: [{}, ...seriesOptions(props, colors)],
    hooks:
      ceiling === undefined
        ? {}
        : { draw: [(plot) => drawCeiling(plot, ceiling, colors("--bad"))] },
  };
}

const leastSpanSeconds = 600;

/** A young series is shown in a window that moves with it, not stretched out of all proportion. */
function spanOf(low: number | null, high: number | null): [number, number] {
  const end = high ?? 0;
  return [Math.min(low ?? 0, end - leastSpanSeconds), end];
}

const hourFormat = new Intl.DateTimeFormat(navigator.languages as string[], {
  hour: "2-digit",
  minute: "2-digit",
});
const dateFormat = new Intl.DateTimeFormat(navigator.languages as string[], {
  day: "numeric",
  month: "short",
});
const daySeconds = 86_400;

function timeLabels(plot: uPlot, ticks: number[]): string[] {
  const { min = 0, max = 0 } = plot.scales.x ?? {};
  const format = (max ?? 0) - (min ?? 0) > 3 * daySeconds ? dateFormat : hourFormat;
  return ticks.map((tick) => format.format(tick * secondMs));
}

function drawCeiling(plot: uPlot, ceiling: number, color: string): void {
  const { ctx, bbox } = plot;
  const y = plot.valToPos(ceiling, "y", true);
  ctx.save();
  ctx.strokeStyle = color;
  ctx.setLineDash([6, 4]);
  ctx.lineWidth = devicePixelRatio;
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.restore();
}

/** A picture over time, with its legend and the values under the pointer. */
export default function Chart(props: ChartProps) {
  const { moments, series, summary, kind, format } = props;
  const place = useRef<HTMLDivElement>(null);
  const [pointed, setPointed] = useState<number | undefined>();
  const colors = useColors();
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const columns = drawn(props);
    const ordered = kind === "stack" ? columns.toReversed() : columns;
    const data = [moments.map((at) => at / secondMs), ...ordered] as uPlot.AlignedData;
    const options = optionsOf(props, colors, element.clientWidth);
    const follow = (plot: uPlot): void => setPointed(plot.cursor.idx ?? undefined);
    const hooks = { ...options.hooks, setCursor: [follow] };
    const plot = new uPlot({ ...options, hooks }, data, element);
    const watch = new ResizeObserver(() => {
      plot.setSize({ width: element.clientWidth, height: props.height ?? 180 });
    });
    watch.observe(element);
    return () => {
      watch.disconnect();
      plot.destroy();
    };
    // A chart is small: it is drawn anew when its data or the theme has changed.
  }, [props, colors, moments, kind]);
  const at = pointed === undefined ? undefined : moments[pointed];
  return (
    <figure className="chart">
      <div ref={place} role="img" aria-label={summary} />
      <figcaption>
        <ul className="legend">
          {series.map(({ name, color, values }) => (
            <li key={name}>
              <span className="swatch" style={{ background: `var(${color})` }} />
              {name}
              {pointed !== undefined && (
                <span className="strong"> {format(values[pointed] ?? 0)}</span>
              )}
            </li>
          ))}
          <li className="quiet moment">{at === undefined ? "" : timeOf(at)}</li>
        </ul>
      </figcaption>
    </figure>
  );
}

const timeOf = (at: number): string => `${dateFormat.format(at)}, ${hourFormat.format(at)}`;
