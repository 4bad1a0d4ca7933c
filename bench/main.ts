// `npm run bench -- service [--json] [--seconds 3] [--rounds 5]`: compares with named peers and
// with
// the bare limit, in one interleaved run, as ratios.
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
  .option("--without <peer...>", "peers to leave out: json-server, cap")
  .option("--only <part>", "peers or size")
  .action(async (options) => (await import("./service/main.ts")).benchService(options));

await program.parseAsync();
