import type { Clock, Random } from "../../runtime/index.ts";
import type { DocumentStore } from "../../storage/port.ts";
import type { Directory } from "./directory.ts";
import type { SigningKeys } from "./signing-keys.ts";

/** How long things live and how many there may be. */
export const issuerLimits = {
  accessTokenLifetimeS: 3_600,
  refreshTokenLifetimeS: 90 * 86_400,
  codeLifetimeS: 300,
  deviceCodeLifetimeS: 900,
  devicePollIntervalS: 5,
  slowDownS: 5,
  /**
   * A rotated refresh token may be used again for so long: its answer may have got lost on the way.
   */
  rotationGraceS: 30,
  /** Wrong user codes from one address in a minute. */
  userCodeTriesPerMinute: 20,
  formBytes: 65_536,
  parameterLength: 4_096,
} as const;

/** What the issuer's parts share. */
export interface IssuerSettings {
  readonly clock: Clock;
  readonly random: Random;
  readonly store: DocumentStore;
  readonly directory: Directory;
  readonly keys: SigningKeys;
  /**
   * The issuer's address without a slash at its end; asked each time, since a port may be known
   * only after listening.
   */
  readonly baseUrl: () => string;
  /** The resources that tokens can be had for; the first one where a request names none. */
  readonly resources: readonly string[];
}

/** The `iss` claim of a tenant's tokens. */
export const issuerOfTenant = (settings: IssuerSettings, tenantId: string): string =>
  `${settings.baseUrl()}/${tenantId}/v2.0`;
