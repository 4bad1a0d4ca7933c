export { createServer, type ServerOptions } from "./create-server.ts";
export { sendError } from "./error-reply.ts";
export { injectFaults } from "./fault-hooks.ts";
export {
  FaultInjector,
  type FaultName,
  type FaultProfile,
  faultNames,
  faultProfileSchema,
  noFaults,
} from "./fault-profile.ts";
export { type GuardOptions, guard } from "./guard.ts";
export { identifyingHeaders } from "./identifying-headers.ts";
export type { Directory, IssuerClient, IssuerUser } from "./issuer/directory.ts";
export { messagePage } from "./issuer/pages.ts";
export { TokenIssuer, type TokenIssuerOptions } from "./issuer/token-issuer.ts";
export { jsonType, parseJsonBody } from "./json-body.ts";
export type { Lane } from "./lane.ts";
export { Metrics } from "./metrics.ts";
export {
  addOperationsRoutes,
  type OperationsRoutesOptions,
  observeRequests,
  type RequestObservers,
  recordRequest,
} from "./operations-routes.ts";
export { type Principal, referralsRoles } from "./principal.ts";
export { shutdown } from "./shutdown.ts";
export { Throttle, type ThrottleOptions } from "./throttle.ts";
export { TokenVerifier, type TokenVerifierOptions, type TrustedIssuer } from "./token-verifier.ts";
export {
  type EntraOptions,
  type EntraTenant,
  entraIssuers,
  remoteKeys,
} from "./trusted-issuers.ts";
