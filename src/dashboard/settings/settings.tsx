import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { OperatorSettings } from "../../contract/index.ts";
import { ask } from "../api/ask.ts";
import { timeNow } from "../parts/clock.ts";
import { Panel, Skeleton, Trouble } from "../parts/parts.tsx";
import { useCommand } from "../parts/use-command.ts";
import { useStanding } from "../shell/session.ts";
import { chooseTheme, chosenTheme, type Theme } from "../shell/theme.ts";
import { duration, fullTime, money, number } from "../words/format.ts";

/** What the sync runs with, what a person may switch, and how this page looks. */
export default function Settings() {
  const { data, error, refetch } = useQuery({
    queryKey: ["settings"],
    queryFn: ({ signal }) => ask<OperatorSettings>("/api/settings", { signal }),
  });
  return (
    <div className="stack">
      <div className="page-head">
        <h1>Settings</h1>
      </div>
      {error && !data && <Trouble error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton lines={8} />}
      {data && <Engine settings={data} />}
      <Looks />
    </div>
  );
}

function Engine({ settings }: { readonly settings: OperatorSettings }) {
  const { status, mayDecide, crmName } = useStanding();
  const command = useCommand();
  const isPaused = status?.isPaused === true;
  const rows: readonly (readonly [string, string])[] = [
    ["Calls to Partner Center per minute", number(settings.callsPerMinute)],
    ["News from Partner Center are looked for every", duration(settings.pollReferralsMs)],
    [`News from ${crmName} are looked for every`, duration(settings.pollCrmMs)],
    ["Everything is compared every", duration(settings.auditMs)],
    ["Microsoft is invited to a co-sell", settings.inviteMicrosoft ? "by itself" : "by hand"],
    ["A deal that is deleted in the CRM", deletionWords[settings.deletionPolicy] ?? ""],
    ["The first run's plan", settings.isApproved ? "is approved by itself" : "waits for a person"],
  ];
  const policies = Object.entries(settings.policies);
  return (
    <>
      <Panel
        title="The sync"
        aside={
          <button
            type="button"
            className={isPaused ? "primary" : ""}
            disabled={!mayDecide || command.isPending}
            onClick={() =>
              command.mutate(
                isPaused
                  ? { path: "/api/resume", said: "Everything goes on." }
                  : { path: "/api/pause", said: "Everything is paused." },
              )
            }
          >
            {isPaused ? "Resume everything" : "Pause everything"}
          </button>
        }
      >
        <table className="facts">
          <tbody>
            {rows.map(([name, value]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{value}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <p className="body quiet">
          These stand in the configuration file; they are read when the sync starts.
        </p>
      </Panel>
      <Panel title="Who wins where both sides changed a field">
        {policies.length === 0 ? (
          <p className="body quiet">
            As the mapping says. “Always prefer this side” in a conflict adds a line here.
          </p>
        ) : (
          <table className="facts">
            <tbody>
              {policies.map(([field, policy]) => (
                <tr key={field}>
                  <th scope="row">{settings.labels[field] ?? field}</th>
                  <td>{policy === "crm" ? crmName : "Partner Center"} always wins</td>
                  <td className="number">
                    <button
                      type="button"
                      disabled={!mayDecide}
                      onClick={() =>
                        command.mutate({
                          path: "/api/policies",
                          body: { field, policy: null },
                          said: "The mapping decides again.",
                        })
                      }
                    >
                      Back to the mapping
                    </button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Panel>
    </>
  );
}

const deletionWords: Readonly<Record<string, string>> = {
  ignore: "leaves the referral as it is",
  close: "closes its referral",
  unlink: "is no longer kept in step",
};

const themes: readonly { readonly theme: Theme; readonly name: string }[] = [
  { theme: "system", name: "As the system" },
  { theme: "light", name: "Light" },
  { theme: "dark", name: "Dark" },
];
const sampleAmount = 1_234_567.5;

function Looks() {
  const [theme, setTheme] = useState(chosenTheme);
  return (
    <Panel title="This page">
      <div className="body stack">
        <fieldset className="row plain-set">
          <legend>Colours</legend>
          {themes.map(({ theme: one, name }) => (
            <button
              key={one}
              type="button"
              aria-pressed={theme === one}
              onClick={() => {
                chooseTheme(one);
                setTheme(one);
              }}
            >
              {name}
            </button>
          ))}
        </fieldset>
        <p className="quiet">
          Numbers and dates as your browser's language ({navigator.language}) writes them:{" "}
          {money(sampleAmount, "EUR")}, {fullTime(timeNow())}.
        </p>
      </div>
    </Panel>
  );
}
