import { createColumnHelper, rowSortingFeature, tableFeatures } from "@tanstack/react-table";
import type { DealRow } from "../../contract/index.ts";
import { StateBadge } from "../parts/parts.tsx";
import { day, money } from "../words/format.ts";
import { statusText } from "../words/states.ts";

/** What the table of deals can do: the server sorts, filters and pages. */
export const dealTable = tableFeatures({ rowSortingFeature });

const helper = createColumnHelper<typeof dealTable, DealRow>();

function Value(props: {
  readonly amount: number | null;
  readonly other: number | null;
  readonly currency: string | null;
}) {
  const { amount, other, currency } = props;
  const differs = amount !== null && other !== null && Math.abs(amount - other) >= 0.005;
  return <span className={differs ? "differs" : ""}>{money(amount, currency)}</span>;
}

/** The columns; each is ordered by the property of its id. */
export const dealColumns = (crmName: string) =>
  helper.columns([
    helper.accessor((row) => row.properties.title, {
      id: "title",
      header: "Deal",
      cell: ({ row }) => (
        <>
          <span className="cut title">{row.original.title}</span>
          {row.original.properties.customer && (
            <span className="cut quiet customer">{row.original.properties.customer}</span>
          )}
        </>
      ),
    }),
    helper.accessor((row) => row.state, {
      id: "state",
      header: "State",
      cell: ({ row }) => <StateBadge state={row.original.state} />,
    }),
    helper.accessor((row) => row.properties.crmValue, {
      id: "crmValue",
      header: crmName,
      cell: ({ row }) => {
        const { crmValue, referralValue, currency } = row.original.properties;
        return <Value amount={crmValue} other={referralValue} currency={currency} />;
      },
    }),
    helper.accessor((row) => row.properties.referralValue, {
      id: "referralValue",
      header: "Partner Center",
      cell: ({ row }) => {
        const { crmValue, referralValue, currency } = row.original.properties;
        return <Value amount={referralValue} other={crmValue} currency={currency} />;
      },
    }),
    helper.accessor((row) => row.properties.status, {
      id: "status",
      header: "Status",
      cell: ({ row }) => {
        const { status, substatus } = row.original.properties;
        return statusText(status, substatus);
      },
    }),
    helper.accessor((row) => row.properties.closes, {
      id: "closes",
      header: "Closes",
      cell: ({ row }) => day(row.original.properties.closes),
    }),
    helper.accessor((row) => row.properties.changed, {
      id: "changed",
      header: "Changed",
      cell: ({ row }) => day(row.original.properties.changed),
    }),
  ]);

/** Columns whose values stand at the right. */
export const numeric: ReadonlySet<string> = new Set(["crmValue", "referralValue"]);
