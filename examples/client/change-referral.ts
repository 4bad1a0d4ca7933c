import { filter, type ReceivedReferral, ReferralsError } from "../../src/client/index.ts";
import { client } from "./connect.ts";

/** Adds to the deal's value, also when somebody else changes the referral at the same moment. */
async function raiseDealValue(id: string, by: number): Promise<ReceivedReferral> {
  for (let attempt = 1; ; attempt += 1) {
    const referral = await client.getReferral(id);
    const dealValue = Number(referral.details?.dealValue ?? 0) + by;
    try {
      // Sent under the referral's own eTag, so that it can't overwrite what we haven't seen.
      return await client.patchReferral(referral, [
        { op: "replace", path: "/details/dealValue", value: dealValue },
      ]);
    } catch (error) {
      const isConflict = error instanceof ReferralsError && error.status === 412;
      if (!isConflict || attempt === 5) throw error;
    }
  }
}

const query = { filter: filter`externalReferenceId eq ${"crm-opportunity-42"}`, select: "id" };
for await (const { id } of client.listReferrals(query)) {
  const raised = await raiseDealValue(String(id), 2_000);
  console.log(`now ${raised.details?.dealValue} ${raised.details?.currency}`);

  // A name can only be written by PUT: change the copy, send everything back.
  const renamed = await client.updateReferral({ ...raised, name: "Woodgrove: archive, phase 1" });
  const won = await client.winReferral(renamed);
  console.log(`${won.name} is ${won.status}/${won.substatus}`);
}
