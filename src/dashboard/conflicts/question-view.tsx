import { useQueries } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { DealSide, PlainValue, Question, QuestionAnswer } from "../../contract/index.ts";
import { dealQuery } from "../api/queries.ts";
import { Ago, StateBadge } from "../parts/parts.tsx";
import { Link } from "../shell/router.tsx";
import { useStanding } from "../shell/session.ts";
import { money, personText, valueText } from "../words/format.ts";
import { statusText } from "../words/states.ts";

interface Props {
  readonly item: Question;
  readonly kindWord: string;
  readonly isEditing: boolean;
  readonly isAlways: boolean;
  readonly onEdit: (isEditing: boolean) => void;
  readonly onAlways: (isAlways: boolean) => void;
  readonly onAnswer: (answer: QuestionAnswer) => void;
}

/** One question with everything that is needed to answer it. */
export function QuestionView(props: Props) {
  const { item, kindWord } = props;
  return (
    <section className="panel asked" aria-labelledby="asked-title">
      <header>
        <div>
          <p className="row">
            <StateBadge state="asking" text={kindWord} />
            <span className="quiet">
              open since <Ago at={item.openedAt} />
            </span>
          </p>
          <h2 id="asked-title">{item.deal?.title ?? "The sync as a whole"}</h2>
        </div>
        {item.pairId && <Link to={`/deals/${item.pairId}`}>The whole deal</Link>}
      </header>
      <div className="body stack">
        <p>{item.sentence}</p>
        {item.kind === "conflict" || item.kind === "breaker" ? (
          <ThreeWay {...props} />
        ) : (
          <Choices {...props} />
        )}
      </div>
    </section>
  );
}

function shown(item: Question, value: PlainValue | undefined): string {
  if (item.field === "status" && typeof value === "string" && /^[A-Z]\w+\/\w+$/.test(value)) {
    const [status = "", substatus = ""] = value.split("/");
    return statusText(status, substatus);
  }
  const isAmount = item.field === "dealValue" && typeof value === "number";
  return isAmount ? money(value, item.deal?.currency) : valueText(value);
}

/** Whether a side's value can be kept: a field of one direction has but the one it comes from. */
export function mayKeep({ deal }: Question, side: DealSide): boolean {
  return deal?.comesFrom === undefined || deal.comesFrom === side;
}

/** Both sides and what was last agreed, beside each other, with a decision under each. */
function ThreeWay({ item, isEditing, isAlways, onEdit, onAlways, onAnswer }: Props) {
  const { crmName, mayDecide } = useStanding();
  const { deal } = item;
  const agreed = item.agreedReferral ?? item.agreedCrm;
  const label = deal?.label ?? item.field ?? "this field";
  return (
    <>
      <div className="three">
        <div className="card">
          <h3>{crmName} now</h3>
          <p className="value">{shown(item, item.crm)}</p>
          <p className="quiet">
            {deal?.crmBy && <span title={deal.crmBy}>by {personText(deal.crmBy)} </span>}
            {deal?.crmAt && (
              <>
                seen <Ago at={deal.crmAt} />
              </>
            )}
          </p>
          {mayKeep(item, "crm") && (
            <button
              type="button"
              className="primary"
              disabled={!mayDecide}
              onClick={() => onAnswer({ choose: "crm", always: isAlways })}
            >
              Keep {crmName}'s <kbd>a</kbd>
            </button>
          )}
        </div>
        <div className="card agreed">
          <h3>Last agreed</h3>
          <p className="value">{agreed === undefined ? "Never agreed" : shown(item, agreed)}</p>
        </div>
        <div className="card">
          <h3>Partner Center now</h3>
          <p className="value">{shown(item, item.referral)}</p>
          <p className="quiet">
            {deal?.referralAt && (
              <>
                seen <Ago at={deal.referralAt} />
              </>
            )}
          </p>
          {mayKeep(item, "referral") && (
            <button
              type="button"
              className="primary"
              disabled={!mayDecide}
              onClick={() => onAnswer({ choose: "referral", always: isAlways })}
            >
              Keep Partner Center's <kbd>b</kbd>
            </button>
          )}
        </div>
      </div>
      <div className="row">
        {deal?.comesFrom === undefined ? (
          <>
            <label className="line">
              <input
                type="checkbox"
                checked={isAlways}
                disabled={!mayDecide}
                onChange={(event) => onAlways(event.target.checked)}
              />
              Always prefer the side that I choose for {label}
            </label>
            <button type="button" disabled={!mayDecide} onClick={() => onEdit(!isEditing)}>
              Another value… <kbd>e</kbd>
            </button>
          </>
        ) : (
          <p className="grow quiet">
            {label} only goes from {deal.comesFrom === "crm" ? crmName : "Partner Center"} to{" "}
            {deal.comesFrom === "crm" ? "Partner Center" : crmName}.
          </p>
        )}
        <button
          type="button"
          className="plain"
          disabled={!mayDecide}
          onClick={() => onAnswer({ choose: "dismiss" })}
        >
          Leave both as they are
        </button>
      </div>
      {isEditing && deal?.comesFrom === undefined && <OtherValue item={item} onAnswer={onAnswer} />}
    </>
  );
}

function OtherValue({ item, onAnswer }: Pick<Props, "item" | "onAnswer">) {
  const isNumber = typeof item.referral === "number" || typeof item.crm === "number";
  const [text, setText] = useState(String(item.referral ?? item.agreedReferral ?? ""));
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const value = isNumber ? Number(text) : text;
    onAnswer({ choose: "value", value: text === "" ? null : value });
  };
  return (
    <form className="row" onSubmit={submit}>
      <label className="grow">
        A value for both sides, as Partner Center writes it
        <input
          // biome-ignore lint/a11y/noAutofocus: it appears because somebody asked to type.
          autoFocus
          type={isNumber ? "number" : "text"}
          step="any"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </label>
      <button type="submit" className="primary">
        Write it to both
      </button>
    </form>
  );
}

/** Questions about a deal as a whole: each answer says what it does. */
function Choices({ item, onAnswer }: Props) {
  const { mayDecide, crmName } = useStanding();
  const isReferral = item.deal?.isReferral ?? true;
  const choice = (text: string, answer: QuestionAnswer, tone = "") => (
    <button
      key={text}
      type="button"
      className={tone}
      disabled={!mayDecide}
      onClick={() => onAnswer(answer)}
    >
      {text}
    </button>
  );
  return (
    <>
      {item.proposal && <p className="strong">{item.proposal}</p>}
      {item.kind === "match" && <Candidates item={item} onAnswer={onAnswer} />}
      <div className="row">
        {item.kind === "match" && [
          choice(
            isReferral
              ? `None: make a new deal in ${crmName}`
              : "Share it as a referral of its own",
            { choose: "create" },
            isReferral ? "" : "primary",
          ),
          choice("Leave it out", { choose: "dismiss" }),
        ]}
        {item.kind === "double" && [
          choice("Close the one that is too many", { choose: "close" }, "danger"),
          choice("Leave both", { choose: "dismiss" }),
        ]}
        {item.kind === "stale" && choice("Try again", { choose: "create" }, "primary")}
        {item.kind === "brake" && [
          choice("They were meant: go on", { choose: "close" }, "danger"),
          choice("Ignore the deletions", { choose: "dismiss" }),
        ]}
        {item.kind === "approval" && <Link to="/">Look at the plan, then approve</Link>}
      </div>
    </>
  );
}

function Candidates({ item, onAnswer }: Pick<Props, "item" | "onAnswer">) {
  const { mayDecide, crmName } = useStanding();
  const candidates = useQueries({
    queries: (item.candidates ?? []).map((id) => dealQuery(id)),
  });
  return (
    <ul className="candidates">
      {candidates.map(({ data }, index) => {
        const id = item.candidates?.[index] ?? "";
        const record = data?.crm?.id;
        return (
          <li key={id} className="card">
            <p className="strong">{data?.title ?? id}</p>
            <p className="quiet">
              {money(
                data?.crm?.values.dealValue as number | null,
                data?.crm?.values.currency as string | null,
              )}
            </p>
            {item.deal?.isReferral === false ? (
              <Link to={`/deals/${data?.id ?? id}`}>Look at this deal</Link>
            ) : (
              <button
                type="button"
                className="primary"
                disabled={!mayDecide || record === undefined}
                onClick={() => record && onAnswer({ choose: "link", recordId: record })}
              >
                It is this deal in {crmName}
              </button>
            )}
          </li>
        );
      })}
    </ul>
  );
}
