import { describeSqlSetup } from "./setup-suite.ts";

describeSqlSetup("SQLite", async () => ":memory:");
