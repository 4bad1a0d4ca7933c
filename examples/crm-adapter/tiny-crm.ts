// The CRM of the example, in memory: a real one would be somebody else's server.
import { createServer, type IncomingMessage } from "node:http";

interface Deal {
  readonly id: string;
  changedAt: number;
  version: number;
  [field: string]: string | number | null;
}

class Refused extends Error {
  readonly status: number;
  readonly field: string;
  constructor(status: number, field = "") {
    super(`refused with ${status}`);
    this.status = status;
    this.field = field;
  }
}

export interface TinyCrm {
  readonly url: string;
  readonly deals: Map<string, Deal>;
  save(id: string | undefined, values: Record<string, unknown>, ifMatch?: string): Deal;
  close(): Promise<void>;
}

const stages = ["open", "won", "lost"];

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text === "" ? {} : JSON.parse(text);
}

export async function startTinyCrm(): Promise<TinyCrm> {
  const deals = new Map<string, Deal>();
  let made = 0;
  const save: TinyCrm["save"] = (id, values, ifMatch) => {
    const known = id === undefined ? undefined : deals.get(id);
    if (id !== undefined && !known) throw new Refused(404);
    if (known && ifMatch !== undefined && ifMatch !== String(known.version)) throw new Refused(412);
    if (String(values.notes ?? "").length > 500) throw new Refused(422, "notes");
    if (values.stage !== undefined && !stages.includes(String(values.stage))) {
      throw new Refused(422, "stage");
    }
    if (!known) made += 1;
    const own = known ?? { id: `d${made}`, stage: "open" };
    const deal = { ...own, ...values, changedAt: Date.now(), version: (known?.version ?? 0) + 1 };
    deals.set(own.id, deal as Deal);
    return deal as Deal;
  };
  const list = (query: URLSearchParams): readonly Deal[] => {
    const all = [...deals.values()].sort((left, right) => (left.id < right.id ? -1 : 1));
    if (query.has("newest"))
      return all.sort((one, two) => two.changedAt - one.changedAt).slice(0, 1);
    const isWanted = (deal: Deal): boolean =>
      (!query.has("id") || deal.id === query.get("id")) &&
      (!query.has("referralId") || deal.referralId === query.get("referralId")) &&
      deal.changedAt >= Number(query.get("since") ?? 0) &&
      deal.id > (query.get("after") ?? "");
    return all.filter(isWanted).slice(0, Number(query.get("limit") ?? 100));
  };
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "", "http://tiny");
    const id = url.pathname.split("/")[2];
    const ifMatch = request.headers["if-match"];
    try {
      const body = await bodyOf(request);
      const answer = request.method === "GET" ? list(url.searchParams) : save(id, body, ifMatch);
      response.end(JSON.stringify(answer));
    } catch (error) {
      const { field, status } = error as Refused;
      response.writeHead(status ?? 500).end(JSON.stringify({ field }));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`,
    deals,
    save,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
