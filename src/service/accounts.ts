import type { Directory, IssuerClient, IssuerUser, Principal } from "../http/index.ts";
import { referralsRoles } from "../http/index.ts";
import type { Random } from "../runtime/index.ts";
import type { DocumentStore } from "../storage/port.ts";
import type { CallerDirectory } from "./caller.ts";

/** An app of the sandbox with a user of its own, as the sandbox prints it. */
export interface SandboxClient {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly organizationId: string;
  readonly organizationName: string;
  readonly role: string;
  /** The user that the client's own tokens speak for, and that may sign in on its behalf. */
  readonly userId: string;
  readonly userName: string;
  /** Business locations of a Referrals user. */
  readonly locations: readonly string[];
  readonly redirectUris: readonly string[];
}

const accountsKey = ["sandbox", "clients"] as const;
const organizationNames = ["Contoso Partner", "Fabrikam Partner"] as const;
const redirectUris = [
  "http://localhost/callback",
  "http://127.0.0.1/callback",
  "http://localhost/",
  "http://127.0.0.1/",
  "http://127.0.0.1/api/session/callback",
];

function makeClient(
  random: Random,
  organization: { readonly id: string; readonly name: string },
  role: string,
  locations: readonly string[],
  person: string,
): SandboxClient {
  const domain = organization.name.toLowerCase().replace(/[^a-z]+/g, "-");
  return {
    clientId: random.uuid(),
    clientSecret: Buffer.from(random.bytes(24)).toString("base64url"),
    organizationId: organization.id,
    organizationName: organization.name,
    role,
    userId: random.uuid(),
    userName: `${person}@${domain}.example`,
    locations,
    redirectUris,
  };
}

/** The account that a sync engine signs in with; its calls are counted apart from a person's. */
export const syncAccountName = "sync.engine";

/**
 * Two organisations: one with an admin, a user and an account for a sync engine, one with an admin.
 */
function makeClients(random: Random): readonly SandboxClient[] {
  const [first, second] = organizationNames.map((name) => ({ id: random.uuid(), name }));
  if (!(first && second)) throw new RangeError("two organisations are needed");
  return [
    makeClient(random, first, referralsRoles.admin, [], "alex.admin"),
    makeClient(random, first, referralsRoles.user, [`${random.uuid()}`], "uma.user"),
    makeClient(random, first, referralsRoles.admin, [], syncAccountName),
    makeClient(random, second, referralsRoles.admin, [], "alex.admin"),
  ];
}

/**
 * The sandbox's organisations, apps and users: made at the first start, the same after a restart.
 */
export class Accounts implements Directory, CallerDirectory {
  readonly clients: readonly SandboxClient[];
  readonly #names: ReadonlyMap<string, string>;
  readonly #locations: ReadonlyMap<string, readonly string[]>;

  private constructor(clients: readonly SandboxClient[]) {
    this.clients = clients;
    this.#names = new Map(clients.map((one) => [one.organizationId, one.organizationName]));
    this.#locations = new Map(clients.map((one) => [one.userId, one.locations]));
  }

  static async load(store: DocumentStore, random: Random): Promise<Accounts> {
    const text = await store.putFirst(...accountsKey, JSON.stringify(makeClients(random)));
    return new Accounts(JSON.parse(text) as SandboxClient[]);
  }

  async client(clientId: string): Promise<IssuerClient | undefined> {
    const found = this.clients.find((client) => client.clientId === clientId);
    if (!found) return undefined;
    return {
      clientId,
      tenantId: found.organizationId,
      clientSecret: found.clientSecret,
      redirectUris: found.redirectUris,
      serviceUserId: found.userId,
    };
  }

  async user(tenantId: string, userId: string): Promise<IssuerUser | undefined> {
    return (await this.users(tenantId)).find((user) => user.userId === userId);
  }

  async users(tenantId: string): Promise<readonly IssuerUser[]> {
    return this.clients
      .filter((client) => client.organizationId === tenantId)
      .map((client) => ({
        userId: client.userId,
        tenantId,
        name: `${client.role} of ${client.organizationName}`,
        userName: client.userName,
        roles: [client.role],
      }));
  }

  organizationName(organizationId: string): string {
    return this.#names.get(organizationId) ?? organizationId;
  }

  locationsOf(principal: Principal): readonly string[] {
    return this.#locations.get(principal.userId) ?? [];
  }
}
