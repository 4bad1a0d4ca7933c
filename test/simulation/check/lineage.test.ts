import { describe, expect, it } from "vitest";
import { createLineage, descendsFrom } from "./lineage.ts";
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

/** A lineage in which both sides hold the note "first". */
function linked() {
  const lineage = createLineage();
  lineage.outside(0, "crm", undefined, values("first"), "person", 0);
  lineage.engine(0, "referrals", undefined, values("first"), 1);
  return lineage;
}

describe("the lineage of values", () => {
  it("takes a carried value as the one that it came from", () => {
    const lineage = linked();
    lineage.outside(0, "crm", values("first"), values("second"), "person", 2);
    lineage.engine(0, "referrals", values("first"), values("second"), 3);
    expect(lineage.overwrites).toEqual([]);
    expect(lineage.inventions).toEqual([]);
    expect(lineage.current(0, "referrals", "notes")).toBe(lineage.current(0, "crm", "notes"));
  });

  it("sees a lost update: an edit overwritten by a value that knew nothing of it", () => {
    const lineage = linked();
    lineage.outside(0, "crm", values("first"), values("theirs"), "person", 2);
    lineage.outside(0, "referrals", values("first"), values("ours"), "person", 3);
    lineage.engine(0, "referrals", values("ours"), values("theirs"), 4);
    expect(lineage.overwrites).toMatchObject([
      { side: "referrals", field: "notes", loser: { value: "ours" }, winner: { value: "theirs" } },
    ]);
  });

  it("sees an old value that comes back over a newer one", () => {
    const lineage = linked();
    lineage.outside(0, "crm", values("first"), values("second"), "person", 2);
    lineage.engine(0, "crm", values("second"), values("first"), 3);
    expect(lineage.overwrites).toMatchObject([{ side: "crm", loser: { value: "second" } }]);
  });

  it("sees a value that nobody wrote", () => {
    const lineage = linked();
    lineage.engine(0, "crm", values("first"), values("made up"), 2);
    expect(lineage.inventions).toMatchObject([{ side: "crm", field: "notes", value: "made up" }]);
  });

  it("never takes a value of another deal for one of this", () => {
    const lineage = linked();
    lineage.outside(1, "referrals", undefined, values("of another deal"), "person", 2);
    lineage.engine(0, "crm", values("first"), values("of another deal"), 3);
    expect(lineage.inventions).toMatchObject([{ deal: 0, value: "of another deal" }]);
  });

  it("takes the same value typed on both sides as agreed", () => {
    const lineage = linked();
    lineage.outside(0, "crm", values("first"), values("same"), "person", 2);
    lineage.outside(0, "referrals", values("first"), values("same"), "person", 3);
    lineage.outside(0, "crm", values("same"), values("next"), "person", 4);
    lineage.engine(0, "referrals", values("same"), values("next"), 5);
    expect(lineage.overwrites).toEqual([]);
  });

  it("keeps a value that was set back apart from the one that it repeats", () => {
    const lineage = linked();
    lineage.outside(0, "crm", values("first"), values("second"), "person", 2);
    lineage.outside(0, "crm", values("second"), values("first"), "person", 3);
    const back = lineage.current(0, "crm", "notes");
    const old = lineage.current(0, "referrals", "notes");
    expect(back && old && descendsFrom(back, old)).toBe(true);
    expect(back && old && descendsFrom(old, back)).toBe(false);
  });
});
