import { describe, expect, it } from "vitest";
import type { Side } from "../schedule/schedule.ts";
import { createLineage, descendsFrom, type Place } from "./lineage.ts";
import type { NeutralValues } from "./values.ts";

function values(notes: string): NeutralValues {
  return {
    name: "Deal",
    dealValue: "1.00",
    currency: "EUR",
    closingDate: "2027-01-01",
    notes,
    status: "Active/Accepted",
    country: "DE",
    contact: "",
  };
}

/** One record for each deal and side. */
function place(deal: number, side: Side, at: number): Place {
  return { deal, side, record: `${side}-${deal}`, at };
}

/** A lineage in which both sides hold the note "first". */
function linked() {
  const lineage = createLineage();
  lineage.outside(place(0, "crm", 0), undefined, values("first"), "person");
  lineage.engine(place(0, "referrals", 1), undefined, values("first"));
  return lineage;
}

describe("the lineage of values", () => {
  it("takes a carried value as the one that it came from", () => {
    const lineage = linked();
    lineage.outside(place(0, "crm", 2), values("first"), values("second"), "person");
    lineage.engine(place(0, "referrals", 3), values("first"), values("second"));
    expect(lineage.overwrites).toEqual([]);
    expect(lineage.inventions).toEqual([]);
    expect(lineage.current(0, "referrals", "notes")).toBe(lineage.current(0, "crm", "notes"));
  });

  it("sees a lost update: an edit overwritten by a value that knew nothing of it", () => {
    const lineage = linked();
    lineage.outside(place(0, "crm", 2), values("first"), values("theirs"), "person");
    lineage.outside(place(0, "referrals", 3), values("first"), values("ours"), "person");
    lineage.engine(place(0, "referrals", 4), values("ours"), values("theirs"));
    expect(lineage.overwrites).toMatchObject([
      { side: "referrals", field: "notes", loser: { value: "ours" }, winner: { value: "theirs" } },
    ]);
  });

  it("sees an old value that comes back over a newer one", () => {
    const lineage = linked();
    lineage.outside(place(0, "crm", 2), values("first"), values("second"), "person");
    lineage.engine(place(0, "crm", 3), values("second"), values("first"));
    expect(lineage.overwrites).toMatchObject([{ side: "crm", loser: { value: "second" } }]);
  });

  it("sees a value that nobody wrote", () => {
    const lineage = linked();
    lineage.engine(place(0, "crm", 2), values("first"), values("made up"));
    expect(lineage.inventions).toMatchObject([{ side: "crm", field: "notes", value: "made up" }]);
  });

  it("never takes a value of another deal for one of this", () => {
    const lineage = linked();
    lineage.outside(place(1, "referrals", 2), undefined, values("of another deal"), "person");
    lineage.engine(place(0, "crm", 3), values("first"), values("of another deal"));
    expect(lineage.inventions).toMatchObject([{ deal: 0, value: "of another deal" }]);
  });

  it("takes the same value typed on both sides as agreed", () => {
    const lineage = linked();
    lineage.outside(place(0, "crm", 2), values("first"), values("same"), "person");
    lineage.outside(place(0, "referrals", 3), values("first"), values("same"), "person");
    lineage.outside(place(0, "crm", 4), values("same"), values("next"), "person");
    lineage.engine(place(0, "referrals", 5), values("same"), values("next"));
    expect(lineage.overwrites).toEqual([]);
  });

  it("dates a lost value by when it was typed where it stood, not by when the other side said it", () => {
    const lineage = linked();
    lineage.outside(place(0, "referrals", 2), values("first"), values("older"), "person");
    lineage.outside(place(0, "referrals", 3), values("older"), values("same"), "person");
    lineage.outside(place(0, "crm", 4), values("first"), values("same"), "person");
    lineage.engine(place(0, "crm", 5), values("same"), values("older"));
    expect(lineage.overwrites).toMatchObject([{ side: "crm", loser: { at: 3 }, loserAt: 4 }]);
  });

  it("dates a lost value that was carried there by when it was typed", () => {
    const lineage = linked();
    lineage.outside(place(0, "referrals", 2), values("first"), values("older"), "person");
    lineage.outside(place(0, "referrals", 3), values("older"), values("newer"), "person");
    lineage.engine(place(0, "crm", 6), values("first"), values("newer"));
    lineage.engine(place(0, "crm", 7), values("newer"), values("older"));
    expect(lineage.overwrites).toMatchObject([{ side: "crm", loser: { at: 3 }, loserAt: 3 }]);
  });

  it("tells the value of one record of a deal apart from that of a later one", () => {
    const lineage = linked();
    const later = { ...place(0, "crm", 2), record: "crm-later" };
    lineage.outside(later, undefined, values("of the later"), "person");
    expect(lineage.current(0, "crm", "notes")?.value).toBe("of the later");
    expect(lineage.current(0, "crm", "notes", "crm-0")?.value).toBe("first");
  });

  it("takes a value that was set back to what was agreed as no edit", () => {
    const lineage = linked();
    lineage.outside(place(0, "crm", 2), values("first"), values("second"), "person");
    lineage.outside(place(0, "crm", 3), values("second"), values("first"), "person");
    lineage.outside(place(0, "referrals", 4), values("first"), values("theirs"), "person");
    lineage.engine(place(0, "crm", 5), values("first"), values("theirs"));
    expect(lineage.overwrites).toEqual([]);
  });

  it("keeps a value that was set back apart from the one that it repeats", () => {
    const lineage = linked();
    lineage.outside(place(0, "crm", 2), values("first"), values("second"), "person");
    lineage.outside(place(0, "crm", 3), values("second"), values("first"), "person");
    const back = lineage.current(0, "crm", "notes");
    const old = lineage.current(0, "referrals", "notes");
    expect(back && old && descendsFrom(back, old)).toBe(true);
    expect(back && old && descendsFrom(old, back)).toBe(false);
  });
});
