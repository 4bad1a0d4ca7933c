// What others may use of the simulated world: the benches play in it as well.
export { valuesOfDeal, valuesOfReferral } from "./check/values.ts";
export type { Witness } from "./check/witness.ts";
export { createGeneration, generationClock } from "./kernel/generation.ts";
export { createScheduler, type Scheduler } from "./kernel/scheduler.ts";
export { createTrace } from "./kernel/trace.ts";
export { naiveFlow } from "./naive-flow.ts";
export { type EditedField, type Settings, type Side, sides } from "./schedule/schedule.ts";
export { surroundingsOf } from "./subject.ts";
export { createAims } from "./world/aims.ts";
export { crmCapabilitiesOf } from "./world/crm-capabilities.ts";
export { type CrmRecordChange, createCrmModel } from "./world/crm-model.ts";
export { crmTransport } from "./world/crm-transport.ts";
export { createDealBook } from "./world/deal-book.ts";
export { createFaults } from "./world/faults.ts";
export { mappingOf } from "./world/mapping.ts";
export { act } from "./world/people.ts";
export {
  errorAnswer,
  type HttpHabits,
  handleReferralsRequest,
  referralsOrigin,
  tokenOf,
} from "./world/referrals-http.ts";
export {
  createReferralsModel,
  type ReferralChange,
  type ReferralsModel,
} from "./world/referrals-model.ts";
export { stream } from "./world/stream.ts";
export { type World, worldStart } from "./world/world.ts";
