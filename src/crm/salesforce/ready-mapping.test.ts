import { fetchHttp } from "../../runtime/index.ts";
import { startSandbox } from "../../sandbox/salesforce/sandbox-test-kit.ts";
import { crmFieldsOf } from "../compile-mapping.ts";
import { describeReadyMapping } from "../conformance/ready-mapping-suite.ts";
import { createSalesforceAdapter, readySalesforceMapping } from "./index.ts";

const mapping = readySalesforceMapping();

describeReadyMapping("Salesforce", {
  mapping,
  open: async () => {
    const kit = await startSandbox();
    const adapter = createSalesforceAdapter({
      http: fetchHttp,
      instanceUrl: kit.url,
      getToken: async () => kit.token,
      fields: crmFieldsOf(mapping),
    });
    return { adapter, close: () => kit.close() };
  },
});
