export { createServer, type ServerOptions } from "./create-server.ts";
export { sendError } from "./error-reply.ts";
export { type GuardOptions, guard } from "./guard.ts";
export type { Directory, IssuerClient, IssuerUser } from "./issuer/directory.ts";
export { TokenIssuer, type TokenIssuerOptions } from "./issuer/token-issuer.ts";
export { parseJsonBody } from "./json-body.ts";
export { type Principal, referralsRoles } from "./principal.ts";
export { Throttle, type ThrottleOptions } from "./throttle.ts";
export { TokenVerifier, type TokenVerifierOptions, type TrustedIssuer } from "./token-verifier.ts";
