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
  type TokenStore,
  tokenKeyFromFile,
} from "../../client/index.ts";
import {
  createDynamicsAdapter,
  type GetToken,
  readyDynamicsMapping,
} from "../../crm/dynamics365/index.ts";
import { type CrmAdapter, crmFieldsOf, loadMapping, type Mapping } from "../../crm/index.ts";
import { fetchHttp } from "../../runtime/index.ts";
import type { Config } from "../config/config-schema.ts";

/** Both outside systems as the engine sees them, and how a deal maps to a referral. */
export interface Connections {
  readonly referrals: ReferralsPort;
  readonly credential: TokenCredential;
  readonly crm: CrmAdapter;
  readonly mapping: Mapping;
}

/** The encrypted store in which the sign-in to Partner Center is kept. */
export async function openTokenStore(data: string): Promise<TokenStore> {
  const key = await tokenKeyFromFile(join(data, "token.key"));
  return createEncryptedTokenStore({
    bytes: createFileByteStore(join(data, "partner-center.token")),
    keys: [key],
  });
}

/** Signs in to Partner Center as a configuration says; asks nobody. */
export async function partnerCenterCredential(config: Config): Promise<TokenCredential> {
  const { authority, clientId, clientSecret } = config.partnerCenter;
  if (clientSecret !== undefined) {
    return createClientSecretCredential({ authority, clientId, clientSecret });
  }
  const tokenStore = await openTokenStore(config.data);
  return createRefreshTokenCredential({ authority, clientId, tokenStore });
}

/** Signs in to the CRM as the configuration says. */
export function crmToken({ crm }: Config): GetToken {
  const { token, authority, clientId, clientSecret } = crm;
  if (token !== undefined) return async () => token;
  const credential = createClientSecretCredential({
    authority: authority ?? "",
    clientId: clientId ?? "",
    clientSecret: clientSecret ?? "",
  });
  const scope = `${new URL(crm.url).origin}/.default`;
  return async ({ signal, rejected }) => {
    const options = signal ? { abortSignal: signal } : {};
    const current = await credential.getToken(scope, options);
    if (current.token !== rejected) return current.token;
    // A refused token that has not expired: claims make the credential ask for a new one.
    return (await credential.getToken(scope, { ...options, claims: "{}" })).token;
  };
}

/** The mapping file that the configuration names, or the ready one. */
export function readMapping({ crm, mapping }: Config): Mapping {
  if (mapping === undefined) return readyDynamicsMapping(crm.deals);
  return loadMapping(readFileSync(mapping, "utf8"), mapping);
}

/** What the adapter may do in the CRM: the configuration's choices without its secrets. */
function dynamicsChoices(crm: Config["crm"]) {
  const { ambiguousAccount, ambiguousContact, deals, followChildren } = crm;
  const { updateAccounts, updateContacts } = crm;
  return {
    ambiguousAccount,
    ambiguousContact,
    deals,
    followChildren,
    updateAccounts,
    updateContacts,
  };
}

/** Connects to what a configuration names; makes no call yet. */
export async function openConnections(config: Config): Promise<Connections> {
  const credential = await partnerCenterCredential(config);
  const mapping = readMapping(config);
  const { referralsUrl, scope } = config.partnerCenter;
  return {
    credential,
    mapping,
    referrals: createReferralsPort({ credential, endpoint: referralsUrl, scopes: scope }),
    crm: createDynamicsAdapter({
      http: fetchHttp,
      rootUrl: config.crm.url,
      ...dynamicsChoices(config.crm),
      getToken: crmToken(config),
      fields: crmFieldsOf(mapping),
      ...(mapping.stateFields ? { stateFields: mapping.stateFields } : {}),
    }),
  };
}
