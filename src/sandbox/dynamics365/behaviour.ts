import { badRequest, errorCodes } from "./errors.ts";
import { lookupProperty, type Table } from "./model.ts";
import { type Document, findRow, readSetting } from "./store.ts";
import { roundDecimal } from "./values.ts";
import type { WriteSession } from "./write-session.ts";

const currencyProperty = lookupProperty("transactioncurrencyid");

/** What the system fills in when a row is created without it. */
export async function defaultsFor(
  session: WriteSession,
  table: Table,
  changes: Document,
): Promise<Document> {
  const defaults: Record<string, unknown> = {};
  if (table.attributes.ownerid) {
    defaults[lookupProperty("ownerid")] = session.userId;
  }
  const hasMoney = Object.values(table.attributes).some(
    ({ name, type }) => type === "Money" && typeof changes[name] === "number",
  );
  if (hasMoney && !changes[currencyProperty]) {
    // Money without a currency is taken to be in the organisation's own.
    defaults[currencyProperty] = await readSetting(session.transaction, "baseCurrencyId");
  }
  return defaults;
}

/** Refuses what the system's own rules forbid for this table. */
export async function checkChange(
  _session: WriteSession,
  table: Table,
  before: Document | undefined,
  after: Document,
  changes: Document,
): Promise<void> {
  if (table.attributes.statecode) checkStatus(table, after);
  if (table.name === "opportunity") checkOpportunity(before, changes);
  refuseMoneyWithoutCurrency(table, after, changes);
}

function refuseMoneyWithoutCurrency(table: Table, after: Document, changes: Document): void {
  if (changes[currencyProperty] !== null) return;
  const hasMoney = Object.values(table.attributes).some(
    ({ name, type }) => type === "Money" && typeof after[name] === "number",
  );
  if (hasMoney) throw badRequest(errorCodes.currencyMissing, "The currency cannot be null.");
}

function checkStatus(table: Table, after: Document): void {
  const reason = table.attributes.statuscode?.options?.find(
    (option) => option.value === after.statuscode,
  );
  if (reason !== undefined && reason.state !== after.statecode) {
    throw badRequest(
      errorCodes.invalidStatusForState,
      `${String(after.statuscode)} is not a valid status code for state code ` +
        `${String(after.statecode)} on ${table.name}.`,
    );
  }
}

function checkOpportunity(before: Document | undefined, changes: Document): void {
  const state = changes.statecode;
  const wasClosed = before !== undefined && before.statecode !== 0;
  if (state === 1 || state === 2) {
    const name = state === 1 ? "won" : "lost";
    throw badRequest(
      errorCodes.setStateRefused,
      `This message can not be used to set the state of opportunity to ${name}. In order to set ` +
        `state of opportunity to ${name}, use the ${name} message instead.`,
    );
  }
  if (wasClosed && state !== 0) {
    throw badRequest(
      errorCodes.closedOpportunity,
      "The opportunity is closed and read-only. Reopen it before you change it.",
    );
  }
}

/** Values that the system computes from the others. */
export async function afterChange(
  session: WriteSession,
  table: Table,
  document: Document,
): Promise<Document> {
  if (table.name === "contact" || table.name === "systemuser") {
    const names = [document.firstname, document.lastname];
    return { ...document, fullname: names.filter(Boolean).join(" ") || null };
  }
  return roundMoney(session, table, document);
}

async function roundMoney(
  session: WriteSession,
  table: Table,
  document: Document,
): Promise<Document> {
  const currencyId = document[currencyProperty];
  if (typeof currencyId !== "string") return document;
  const currency = await findRow(session.transaction, "transactioncurrency", currencyId);
  const digits = Number(currency?.document.currencyprecision ?? 2);
  const rate = Number(currency?.document.exchangerate ?? 1);
  const next: Record<string, unknown> = { ...document };
  for (const { name, type } of Object.values(table.attributes)) {
    const amount = document[name];
    if (type !== "Money" || typeof amount !== "number") continue;
    next[name] = roundDecimal(amount, digits);
  }
  if (table.name !== "opportunity") return next;
  next.exchangerate = rate;
  if (document.isrevenuesystemcalculated === true) {
    next.estimatedvalue = document.totalamount ?? 0;
  }
  const value = next.estimatedvalue;
  next.estimatedvalue_base = typeof value === "number" ? roundDecimal(value / rate, 4) : null;
  return next;
}
