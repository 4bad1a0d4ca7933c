import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { TokenCredential } from "@azure/core-auth";
import {
  createClientSecretCredential,
  createEncryptedTokenStore,
  createFileByteStore,
  createReferralsPort,
  createRefreshTokenCredential,
  type ReferralsPort,
  type RefreshTokenCredential,
  type TokenStore,
  tokenKeyFromFile,
} from "../../client/index.ts";
import { type CrmAdapter, type CrmWebhook, loadMapping, type Mapping } from "../../crm/index.ts";
import { fetchHttp, systemClock, systemRandom } from "../../runtime/index.ts";
import { openDatabase } from "../../storage/index.ts";
import type { Config } from "../config/config-schema.ts";
import { vendorOf } from "../crm/registry.ts";
import type { ConnectedCrm } from "../crm/vendor.ts";
import { makeFolder } from "../make-folder.ts";

/** Both outside systems as the engine sees them, and how a deal maps to a referral. */
export interface Connections {
  readonly referrals: ReferralsPort;
  readonly credential: TokenCredential;
  readonly crm: CrmAdapter;
  readonly crmWebhook?: CrmWebhook;
  readonly mapping: Mapping;
  /** When the sign-ins end, where that is known; milliseconds since 1970. */
  signInEnds(): Promise<{ readonly referral?: number }>;
  /** Releases what the adapter keeps open. */
  close(): Promise<void>;
}

/** The encrypted store in which the sign-in to Partner Center is kept. */
export async function openTokenStore(data: string): Promise<TokenStore> {
  makeFolder(data);
  const key = await tokenKeyFromFile(join(data, "token.key"));
  return createEncryptedTokenStore({
    bytes: createFileByteStore(join(data, "partner-center.token")),
    keys: [key],
  });
}

/** A sign-in that, where a person made it, tells how long it will last. */
export type PartnerCenterCredential = TokenCredential &
  Partial<Pick<RefreshTokenCredential, "status">>;

/** Signs in to Partner Center as a configuration says; asks nobody. */
export async function partnerCenterCredential(config: Config): Promise<PartnerCenterCredential> {
  const { authority, clientId, clientSecret } = config.partnerCenter;
  const tokenStore = await openTokenStore(config.data);
  if (clientSecret === undefined) {
    return createRefreshTokenCredential({ authority, clientId, tokenStore });
  }
  // A person's sign-in counts more than the app's own: Partner Center demands app and user.
  const isSignedIn = (await tokenStore.load()) !== undefined;
  const issuer = { authority, clientId, clientSecret };
  return isSignedIn
    ? createRefreshTokenCredential({ ...issuer, tokenStore })
    : createClientSecretCredential(issuer);
}

/** The mapping file that the configuration names, or the ready one. */
export async function readMapping({ crm, mapping }: Config): Promise<Mapping> {
  if (mapping !== undefined) return loadMapping(readFileSync(mapping, "utf8"), mapping);
  return loadMapping(await vendorOf(crm.kind).mappingText(crm), `the ready ${crm.kind} mapping`);
}

/** Connects to the CRM that a configuration names; makes no call yet. */
export function connectCrm({ crm, data }: Config, mapping: Mapping): Promise<ConnectedCrm> {
  return vendorOf(crm.kind).connect(crm, {
    http: fetchHttp,
    clock: systemClock,
    random: systemRandom,
    mapping,
    openDatabase: (name) => openDatabase(join(data, `${name}.sqlite`)),
  });
}

/** Connects to what a configuration names; makes no call yet. */
export async function openConnections(config: Config): Promise<Connections> {
  const credential = await partnerCenterCredential(config);
  const mapping = await readMapping(config);
  const crm = await connectCrm(config, mapping);
  const { referralsUrl, scope } = config.partnerCenter;
  return {
    credential,
    mapping,
    crm: crm.adapter,
    ...(crm.webhook ? { crmWebhook: crm.webhook } : {}),
    referrals: createReferralsPort({ credential, endpoint: referralsUrl, scopes: scope }),
    signInEnds: async () => {
      const ends = (await credential.status?.())?.expiresAt?.getTime();
      return ends === undefined ? {} : { referral: ends };
    },
    close: async () => crm.close?.(),
  };
}
