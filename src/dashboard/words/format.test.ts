import { describe, expect, test } from "vitest";
import { money, personText, plainCode, stateText, valueText } from "./format.ts";
import { statusText } from "./states.ts";

describe("a value for the reader's eyes", () => {
  test("a CRM's state is said in words, with the reason that Dynamics numbers", () => {
    expect(valueText("open/1")).toBe("Open (status reason 1)");
    expect(valueText("won/3")).toBe("Won (status reason 3)");
    expect(stateText("open/market")).toBe("open/market");
  });

  test("a round amount has no cents, and any other has both digits", () => {
    expect(money(1_250, "EUR")).toMatch(/1.?250$/);
    expect(money(1_250.5, "EUR")).toMatch(/1.?250.50$/);
  });

  test("people are shown by name, whatever their columns are called", () => {
    const row = { pr_email: "priya@p.example", pr_firstname: "Priya", pr_lastname: "Farouk" };
    expect(valueText([row])).toBe("Priya Farouk <priya@p.example>");
    expect(valueText([{ firstName: "Kim", lastName: "Abe" }, "Lee"])).toBe("Kim Abe, Lee");
    expect(personText("d8ec9e82-d74c-4a68-9d3f-d4e798f9c026")).toBe("user d8ec9e82…");
    expect(personText("Kim")).toBe("Kim");
  });

  test("a referral's state is one word wherever it stands", () => {
    expect(valueText("Active/Accepted")).toBe("Active");
    expect(statusText("Closed", "Declined")).toBe("Declined");
    expect(statusText("Closed", "Somehow")).toBe("Closed");
    expect(statusText(null)).toBe("–");
  });
});

test("a choice's number is shown as it is, an amount with separators", () => {
  expect(plainCode(727_000_001, ["QuotesOrLicensing"])).toBe("727000001");
  expect(plainCode(727_000_001, [undefined, "QuotesOrLicensing"])).toBe("727000001");
  expect(plainCode(50_000, [50_000])).toBe(50_000);
  expect(plainCode(50_000, [null, ""])).toBe(50_000);
});
