import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { DealRow } from "../../contract/index.ts";
import { ask } from "../api/ask.ts";
import { dealsQuery } from "../api/queries.ts";
import { Panel } from "../parts/parts.tsx";
import { useCommand } from "../parts/use-command.ts";
import { Link } from "../shell/router.tsx";
import { useStanding } from "../shell/session.ts";
import { money } from "../words/format.ts";
import "./try-it.css";

const inStep = "$filter=state eq 'in-step' and status eq 'Active'&$orderby=changed desc&$top=20";

/** Faults that a visitor may give Partner Center, each by the share of calls that it strikes. */
const faults = [
  { name: "tooManyRequests", word: "Too many requests (429)", share: 0.5 },
  { name: "serverError", word: "Server errors (500)", share: 0.5 },
  { name: "timeoutAfter", word: "Answers get lost", share: 0.3 },
  { name: "webhookLost", word: "Webhooks get lost", share: 1 },
  { name: "latency", word: "Slow answers", share: 1 },
] as const;

/** The demonstration's buttons: play either side or break something, and watch it converge. */
export function TryIt() {
  const { crmName, mayDecide } = useStanding();
  const command = useCommand();
  const { data } = useQuery(dealsQuery(inStep));
  const [chosen, setChosen] = useState("");
  const deals = data?.deals ?? [];
  const deal = deals.find(({ id }) => id === chosen) ?? deals[0];
  const value = raised(deal);
  const crmId = deal?.crm?.id;
  const referralId = deal?.referral?.id;
  const writeNotes = (): Promise<unknown> =>
    ask(`/demonstration/deals/${crmId}`, { body: { description: sellersNote } });
  const editReferral = (amount: number) => ({
    path: `/demonstration/referrals/${referralId}`,
    body: { details: { dealValue: amount } },
  });
  return (
    <Panel title="Try it: play either side, or break something" className="try-it">
      <div className="body stack">
        <label className="line">
          Deal
          <select value={deal?.id ?? ""} onChange={(event) => setChosen(event.target.value)}>
            {deals.map(({ id, title }) => (
              <option key={id} value={id}>
                {title}
              </option>
            ))}
          </select>
          {deal && <Link to={`/deals/${deal.id}`}>Watch it</Link>}
        </label>
        <div className="row">
          <button
            type="button"
            disabled={!mayDecide || !crmId}
            onClick={() =>
              command.mutate({
                path: `/demonstration/deals/${crmId}`,
                body: { estimatedvalue: value },
                said: `The seller made it ${amountOf(value, deal)} in ${crmName}.`,
              })
            }
          >
            The seller raises the value in {crmName}
          </button>
          <button
            type="button"
            disabled={!mayDecide || !referralId}
            onClick={() =>
              command.mutate({
                ...editReferral(value + 500),
                said: `Microsoft made it ${amountOf(value + 500, deal)} in Partner Center.`,
              })
            }
          >
            Microsoft raises it in Partner Center
          </button>
          <button
            type="button"
            disabled={!mayDecide || !crmId || !referralId}
            onClick={() =>
              void writeNotes().then(() =>
                command.mutate({
                  path: `/demonstration/referrals/${referralId}`,
                  body: { details: { notes: microsoftsNote } },
                  said: "Both wrote the notes at the same moment: a question for you.",
                }),
              )
            }
          >
            Both write the notes at once
          </button>
          <button
            type="button"
            disabled={!mayDecide}
            onClick={() =>
              command.mutate({ path: "/demonstration/leads", said: "Microsoft sent a new lead." })
            }
          >
            Microsoft sends a new lead
          </button>
        </div>
        <Faults />
      </div>
    </Panel>
  );
}

const sellersNote = "The customer wants a proof of concept before the end of the quarter.";
const microsoftsNote = "The customer asked Microsoft for a call back about licences.";
const step = 1_000;

function raised(deal: DealRow | undefined): number {
  const { crmValue = 0, referralValue = 0 } = deal?.properties ?? {};
  return Math.round((Math.max(crmValue ?? 0, referralValue ?? 0) + step) / step) * step;
}

const amountOf = (value: number, deal: DealRow | undefined): string =>
  money(value, deal?.properties.currency);

function Faults() {
  const { mayDecide } = useStanding();
  const command = useCommand();
  const { data } = useQuery({
    queryKey: ["faults"],
    queryFn: async ({ signal }) =>
      (
        await ask<{ readonly shares: Readonly<Record<string, number>> }>("/demonstration/faults", {
          signal,
        })
      ).shares,
    retry: false,
  });
  if (!data) return null;
  const toggle = (name: string, share: number): void => {
    const shares = Object.fromEntries(Object.entries(data).filter(([key]) => key !== name));
    const isOn = (data[name] ?? 0) > 0;
    command.mutate({
      path: "/demonstration/faults",
      method: "PUT",
      body: isOn ? shares : { ...shares, [name]: share },
      said: isOn ? "Healed." : "Partner Center is in trouble now. Watch it converge.",
    });
  };
  return (
    <fieldset className="row plain-set">
      <legend>What is wrong with Partner Center</legend>
      {faults.map(({ name, word, share }) => (
        <button
          key={name}
          type="button"
          aria-pressed={(data[name] ?? 0) > 0}
          disabled={!mayDecide}
          onClick={() => toggle(name, share)}
        >
          {word}
        </button>
      ))}
    </fieldset>
  );
}
