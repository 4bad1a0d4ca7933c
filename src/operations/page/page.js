// The status page: asks the operator's API, shows what it says, and sends what a person decides.
const refreshAfterMs = 300;
const states = { asking: "!", dead: "✗", "in-step": "✓", retrying: "↻", paused: "‖" };
const number = new Intl.NumberFormat();
const time = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

const byId = (id) => document.getElementById(id);

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== false) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== undefined && child !== null));
  return made;
}

async function ask(path, body) {
  const options =
    body === undefined
      ? {}
      : {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(body),
        };
  const response = await fetch(path, options);
  const answer = await response.json();
  if (!response.ok)
    throw new Error(answer.error?.message ?? `The server answered ${response.status}.`);
  return answer;
}

function shown(value) {
  if (value === null || value === undefined || value === "") return "–";
  if (typeof value === "number") return number.format(value);
  if (Array.isArray(value)) return value.length === 1 ? "1 entry" : `${value.length} entries`;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function figure(term, value) {
  return element("div", {}, element("dt", {}, term), element("dd", {}, value));
}

function showStatus(status) {
  const inStep = status.byState["in-step"] ?? 0;
  const stopped = (status.byState.dead ?? 0) + (status.byState.refusing ?? 0);
  const waiting = status.questions + stopped;
  byId("environment").textContent = status.environment;
  byId("headline").textContent =
    `${number.format(inStep)} deals in step. ${waiting === 0 ? "Nothing needs" : `${waiting} need`} you.`;
  const others = Object.entries(status.byState).filter(([state]) => state !== "in-step");
  byId("subline").textContent = status.isPaused
    ? "Everything is paused."
    : others.map(([state, count]) => `${count} ${status.words[state] ?? state}`).join(" · ");
  byId("figures").replaceChildren(
    figure(
      "Partner Center last walked",
      status.walks.referrals ? time.format(status.walks.referrals) : "not yet",
    ),
    figure("CRM last walked", status.walks.crm ? time.format(status.walks.crm) : "not yet"),
    figure(
      "Calls in the last minute",
      `${status.budget.used} of ${number.format(status.budget.limit)}`,
    ),
  );
  byId("play").hidden = !status.isDemonstration;
  const approval = byId("approval");
  approval.hidden = status.awaitsApproval === undefined;
  approval.replaceChildren(
    element(
      "p",
      {},
      status.awaitsApproval === "restored"
        ? "The database was restored from a backup: writes wait for your approval."
        : "First run: nothing is written before you have approved the plan.",
    ),
    element(
      "button",
      { class: "primary", type: "button", onclick: () => act("/api/approve", {}) },
      "Approve the plan",
    ),
  );
}

function dealRow(deal) {
  const open = () => openDeal(deal.id);
  const crm = deal.crm?.values ?? {};
  const referral = deal.referral?.values ?? {};
  return element(
    "tr",
    {
      "data-id": deal.id,
      tabindex: "0",
      onclick: open,
      onkeydown: (event) => event.key === "Enter" && open(),
    },
    element("td", {}, deal.title),
    element("td", { class: deal.state }, `${states[deal.state] ?? "·"} ${deal.sentence}`),
    element(
      "td",
      { class: "number" },
      shown(crm.dealValue),
      " ",
      element("span", { class: "quiet" }, crm.currency ?? ""),
    ),
    element(
      "td",
      { class: "number" },
      shown(referral.dealValue),
      " ",
      element("span", { class: "quiet" }, referral.currency ?? ""),
    ),
    element("td", {}, shown(referral.status ?? crm.status)),
  );
}

/** What needs a person first, what nobody shares last. */
function rank({ needsPerson, state }) {
  if (needsPerson) return 0;
  return { "in-step": 2, unshared: 4, unlinked: 3, sibling: 3 }[state] ?? 1;
}

function showDeals(deals) {
  const sorted = deals.toSorted((left, right) => rank(left) - rank(right));
  byId("deals").replaceChildren(...sorted.map(dealRow));
  const empty = byId("empty");
  empty.hidden = deals.length > 0;
  empty.textContent = byId("search").value
    ? "No deal has these words in its name or ids."
    : "No deals yet. They appear here as soon as one of the two systems has been read.";
}

function questionItem(item) {
  const answer = (choice) => () => act(`/api/inbox/${encodeURIComponent(item.id)}/answer`, choice);
  const button = (label, choice) =>
    element("button", { type: "button", onclick: answer(choice) }, label);
  const choices = {
    conflict: [
      button(`Keep the CRM's: ${shown(item.crm)}`, { choose: "crm" }),
      button(`Keep Partner Center's: ${shown(item.referral)}`, { choose: "referral" }),
    ],
    double: [
      button("Close the one that is too many", { choose: "close" }),
      button("Leave both", { choose: "dismiss" }),
    ],
    match: [
      ...(item.candidates ?? []).map((id) =>
        button(`Link with ${id}`, { choose: "link", recordId: id }),
      ),
      button("Make a new deal", { choose: "create" }),
    ],
  };
  return element(
    "li",
    {},
    item.sentence,
    element(
      "div",
      { class: "actions" },
      ...(choices[item.kind] ?? [button("Done", { choose: "dismiss" })]),
    ),
  );
}

function showQuestions(items) {
  byId("inbox").hidden = items.length === 0;
  byId("questions").replaceChildren(...items.map(questionItem));
}

const signs = {
  "in-step": "",
  "changed-in-crm": "CRM → …",
  "changed-in-referral": "… ← Partner Center",
  "changed-in-both": "changed on both sides",
  parked: "parked",
};

function fieldRow(field) {
  return element(
    "tr",
    {},
    element("td", {}, field.label),
    element("td", {}, shown(field.crm)),
    element("td", {}, shown(field.agreedCrm)),
    element("td", {}, shown(field.referral)),
    element("td", { class: "quiet" }, field.note ?? signs[field.state]),
  );
}

function historyLine(entry) {
  const fields = (entry.fields ?? []).map((field) => field.field).join(", ");
  const words = [
    entry.kind,
    entry.side === "crm" ? "CRM" : entry.side ? "Partner Center" : "",
    fields,
    entry.note ?? "",
    entry.by ? `by ${entry.by}` : "",
  ];
  const undo =
    entry.kind === "wrote"
      ? element(
          "button",
          { type: "button", onclick: () => act("/api/undo", { sequence: entry.sequence }) },
          "Undo",
        )
      : undefined;
  return element("li", {}, `${time.format(entry.at)}  ${words.filter(Boolean).join(" · ")} `, undo);
}

function editForm(deal) {
  if (byId("play").hidden) return undefined;
  const amount = element("input", {
    name: "amount",
    type: "number",
    step: "0.01",
    required: true,
    "aria-label": "New deal value",
  });
  const send = (path, body) => async (event) => {
    event.preventDefault();
    if (amount.reportValidity()) await act(path, body(Number(amount.value)));
  };
  const crm =
    deal.crm &&
    element(
      "button",
      {
        onclick: send(`/demonstration/deals/${deal.crm.id}`, (value) => ({
          estimatedvalue: value,
        })),
      },
      "Change in the CRM",
    );
  const referral =
    deal.referral &&
    element(
      "button",
      {
        onclick: send(`/demonstration/referrals/${deal.referral.id}`, (value) => ({
          details: { dealValue: value },
        })),
      },
      "Change in Partner Center",
    );
  return element("form", {}, element("label", {}, "New deal value "), amount, crm, referral);
}

async function openDeal(id) {
  const deal = await ask(`/api/deals/${encodeURIComponent(id)}`);
  const dialog = byId("deal");
  const button = (label, path) =>
    element("button", { type: "button", onclick: () => act(path, {}) }, label);
  const base = `/api/deals/${encodeURIComponent(id)}`;
  dialog.dataset.id = id;
  dialog.replaceChildren(
    element("h2", { id: "deal-title" }, deal.title),
    element(
      "p",
      { class: deal.state },
      deal.sentence,
      deal.problem ? ` ${deal.problem.remedy}` : "",
    ),
    element(
      "div",
      { class: "actions" },
      button("Sync now", `${base}/sync`),
      deal.state === "paused"
        ? button("Resume", `${base}/resume`)
        : button("Pause", `${base}/pause`),
      deal.state === "dead" ? button("Try again", `${base}/replay`) : undefined,
      element("button", { type: "button", onclick: () => dialog.close() }, "Close"),
    ),
    editForm(deal),
    element(
      "table",
      {},
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          ...["Field", "CRM", "Agreed", "Partner Center", ""].map((text) =>
            element("th", { scope: "col" }, text),
          ),
        ),
      ),
      element("tbody", {}, ...deal.fields.map(fieldRow)),
    ),
    element("h3", {}, "History"),
    element("ul", {}, ...deal.history.toReversed().slice(0, 50).map(historyLine)),
  );
  if (!dialog.open) dialog.showModal();
}

async function act(path, body) {
  const result = byId("play-result");
  try {
    await ask(path, body);
    result.textContent = "Done. Watch the other side.";
  } catch (error) {
    result.textContent = error.message;
    alert(error.message);
  }
  refreshSoon();
}

async function refresh() {
  const text = encodeURIComponent(byId("search").value);
  const [status, { deals }, { items }] = await Promise.all([
    ask("/api/status"),
    ask(`/api/deals?limit=200&text=${text}`),
    ask("/api/inbox"),
  ]);
  showStatus(status);
  showDeals(deals);
  showQuestions(items);
  const dialog = byId("deal");
  const isTyping =
    dialog.contains(document.activeElement) && document.activeElement.tagName === "INPUT";
  if (dialog.open && !isTyping) await openDeal(dialog.dataset.id);
}

let isRefreshDue = false;
function refreshSoon() {
  if (isRefreshDue) return;
  isRefreshDue = true;
  setTimeout(() => {
    isRefreshDue = false;
    refresh().catch((error) => {
      byId("live").textContent = `Not reachable: ${error.message}`;
    });
  }, refreshAfterMs);
}

function listen() {
  const events = new EventSource("/api/events");
  events.onopen = () => {
    byId("live").textContent = "live";
    refreshSoon();
  };
  events.onmessage = refreshSoon;
  events.onerror = () => {
    byId("live").textContent = "not connected; trying again";
  };
}

byId("search").addEventListener("input", refreshSoon);
byId("send-lead").addEventListener("click", () => act("/demonstration/leads", {}));
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement?.tagName !== "INPUT") {
    event.preventDefault();
    byId("search").focus();
  }
});
listen();
refreshSoon();
