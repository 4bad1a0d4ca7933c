export { createReferralsPort, type ReferralsPortOptions } from "./referrals-port.ts";
