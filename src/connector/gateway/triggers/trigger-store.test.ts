import { describe } from "vitest";
import { openDatabase } from "../../../storage/index.ts";
import { triggerStoreSuite } from "./trigger-store-suite.ts";

describe("on SQLite", () => triggerStoreSuite(() => openDatabase(":memory:")));
