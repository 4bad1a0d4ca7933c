// `npm run bench -- service [--json] [--seconds 3] [--rounds 5]`: compares with named peers and
// with the bare limit, in one interleaved run, as ratios.
// `npm run bench -- sync [--json] [--only PART] [--real-time]`: what the sync engine costs and how
// fast it is, each figure with its target beside it; exact where time is virtual.
// `npm run bench -- gateway [--json] [--duration 300]`: what the gateway adds to a direct call, and
// a thousand connections at their limits.
// `npm run bench -- dashboard [--pairs 100000] [--rounds 48]`: the page's first load, and how fast
// the list of many deals follows its reader, in Chromium.
// `npm run bench -- validation`: what checking a referral costs beside reading its JSON, and beside
// Ajv.
import { Command } from "commander";

const program = new Command("bench").description("Measures ratios against peers in one run.");

program
  .command("service")
  .description("the referrals service against bare node:http, json-server and SAP CAP")
  .option("--json", "print one JSON object")
  .option("--seconds <n>", "seconds per measurement", Number, 3)
  .option("--rounds <n>", "interleaved rounds", Number, 5)
  .option("--rows <n>", "referrals in the comparison", Number, 10_000)
  .option("--large-rows <n>", "referrals in the size comparison", Number, 1_000_000)
  .option("--large-data <folder>", "keeps them there, to spare making them again")
  .option("--without <peer...>", "peers to leave out: json-server, cap")
  .option("--only <part>", "peers or size")
  .action(async (options) => (await import("./service/main.ts")).benchService(options));

program
  .command("sync")
  .description("the sync engine: calls, drain, staleness, waiting, planning, settling, idling")
  .option("--json", "print one JSON object")
  .option("--only <part>", "calls, drain, staleness, interactive, planner, settles or idle")
  .option("--large-pairs <n>", "pairs of the larger ledger (idle)", Number, 1_000_000)
  .option("--real-time", "also drain a burst over HTTP from a service of ours, in real time")
  .action(async (options) => (await import("./sync/main.ts")).benchSync(options));

program
  .command("gateway")
  .description("what the gateway adds to a call, and many connections at their limits")
  .option("--json", "print one JSON object")
  .option("--seconds <n>", "seconds per measurement of the overhead", Number, 10)
  .option("--rounds <n>", "interleaved rounds", Number, 5)
  .option("--connections <n>", "connections at their limits", Number, 1_000)
  .option("--duration <n>", "seconds that they stay there", Number, 300)
  .option("--only <part>", "overhead or limits")
  .action(async (options) => (await import("./gateway/main.ts")).benchGateway(options));

program
  .command("dashboard")
  .description("the dashboard's first load, and acting on the list of 100,000 deals, in Chromium")
  .option("--json", "print one JSON object")
  .option("--pairs <n>", "deals in the list", Number, 100_000)
  .option("--rounds <n>", "acts of each kind", Number, 48)
  .action(async (options) => (await import("./dashboard/main.ts")).benchDashboard(options));

program
  .command("validation")
  .description("checking a referral, beside reading its JSON and beside Ajv")
  .option("--json", "print one JSON object")
  .option("--calls <n>", "calls per measurement", Number, 20_000)
  .option("--rounds <n>", "interleaved rounds", Number, 9)
  .action(async (options) => (await import("./validation/main.ts")).benchValidation(options));

await program.parseAsync();
