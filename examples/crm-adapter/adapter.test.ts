import { describeCrmAdapter } from "../../src/crm/conformance/crm-adapter-suite.ts";
import { createFaultyHttp } from "../../src/crm/conformance/faulty-http.ts";
import { fetchHttp } from "../../src/runtime/index.ts";
import { createTinyCrmAdapter } from "./adapter.ts";
import { startTinyCrm } from "./tiny-crm.ts";

describeCrmAdapter("The example's CRM", async () => {
  const crm = await startTinyCrm();
  const { arrange, callCount, http } = createFaultyHttp(fetchHttp);
  const adapterWith = (pageSize: number) => createTinyCrmAdapter({ http, url: crm.url, pageSize });
  return {
    adapter: adapterWith(100),
    fields: {
      name: "title",
      amount: "amount",
      notes: { field: "notes", maxLength: 500 },
      status: { field: "stage", open: "open", won: "won", lost: "lost" },
    },
    withPageSize: adapterWith,
    callCount,
    arrange,
    createAsPerson: async (values) => crm.save(undefined, values).id,
    editAsPerson: async (id, values) => {
      crm.save(id, values);
    },
    deleteAsPerson: async (id) => {
      crm.deals.delete(id);
    },
    count: async (_kind, key) =>
      [...crm.deals.values()].filter((deal) => deal.referralId === key).length,
    advance: () => {},
    close: crm.close,
  };
});
