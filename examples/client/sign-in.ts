import {
  createDeviceCodeCredential,
  createEncryptedTokenStore,
  createFileByteStore,
  ReferralsClient,
  tokenKeyFromFile,
} from "../../src/client/index.ts";

const { AUTHORITY = "", CLIENT_ID = "", CLIENT_SECRET, REFERRALS_URL = "" } = process.env;
const folder = process.env.TOKEN_FOLDER ?? ".tokens";

const credential = createDeviceCodeCredential({
  // Microsoft: https://login.microsoftonline.com/<your tenant>; a public client has no secret.
  authority: AUTHORITY,
  clientId: CLIENT_ID,
  ...(CLIENT_SECRET === undefined ? {} : { clientSecret: CLIENT_SECRET }),
  tokenStore: createEncryptedTokenStore({
    bytes: createFileByteStore(`${folder}/sign-in`),
    keys: [await tokenKeyFromFile(`${folder}/key`)],
  }),
  prompt: ({ message }) => console.log(message),
});

const client = new ReferralsClient({ endpoint: REFERRALS_URL, credential });
await client.listReferrals({ top: 1 }).next();

const { account, daysLeft } = await credential.status();
console.log(`signed in as ${account}, good for ${daysLeft} days without use`);
