import type { Command } from "commander";
import { examples } from "./answer.ts";
import type { CommandModule } from "./command-module.ts";

/** Every command, in the order in which a newcomer needs them. */
export const commandModules: readonly CommandModule[] = [
  {
    name: "init",
    group: "Set up",
    summary: "write a configuration: a wizard, or flags alone",
    load: async () => (await import("./commands/init.ts")).registerInit,
  },
  {
    name: "start",
    group: "Run",
    summary: "keep the CRM and Partner Center in step; without a configuration, a demonstration",
    examples: [
      ["start", "the demonstration, or the configuration in this folder"],
      ["start --crm salesforce --data ./data/sf", "the demonstration with another CRM"],
      ["start --config live.yaml --log info", "a configuration by name, with its log"],
    ],
    load: async () => (await import("./commands/start.ts")).registerStart,
  },
  {
    name: "sign-in",
    group: "Set up",
    summary: "sign in to Partner Center by device code",
    load: async () => (await import("./commands/sign-in.ts")).registerSignIn,
  },
  {
    name: "crm",
    group: "Set up",
    summary: "what the CRM lacks for the mapping, and creating it; its fields",
    load: async () => (await import("./commands/crm.ts")).registerCrm,
  },
  {
    name: "webhooks",
    group: "Set up",
    summary: "who receives Partner Center's events, and taking them over",
    load: async () => (await import("./commands/webhooks.ts")).registerWebhooks,
  },
  {
    name: "test-mapping",
    group: "Set up",
    summary: "send a real record through the mapping; write nothing",
    load: async () => (await import("./commands/test-mapping.ts")).registerTestMapping,
  },
  {
    name: "doctor",
    group: "Set up",
    summary: "check everything that the sync needs; each finding with its remedy",
    load: async () => (await import("./commands/doctor.ts")).registerDoctor,
  },
  {
    name: "plan",
    group: "Run",
    summary: "tell what the next run would do; write nothing",
    load: async () => (await import("./commands/plan.ts")).registerPlan,
  },
  {
    name: "approve",
    group: "Run",
    summary: "allow the writes of the plan",
    load: async () => (await import("./commands/plan.ts")).registerApprove,
  },
  {
    name: "sync",
    group: "Run",
    summary: "one round of sync, then the end",
    load: async () => (await import("./commands/sync.ts")).registerSync,
  },
  {
    name: "status",
    group: "Look and decide",
    summary: "how the sync stands, and what needs you",
    load: async () => (await import("./commands/status.ts")).registerStatus,
  },
  {
    name: "show",
    group: "Look and decide",
    summary: "one deal: both sides, what was agreed, its history, what comes next",
    load: async () => (await import("./commands/show.ts")).registerShow,
  },
  {
    name: "conflicts",
    group: "Look and decide",
    summary: "what waits for your decision, and deciding it",
    load: async () => (await import("./commands/conflicts.ts")).registerConflicts,
  },
  {
    name: "dead-letters",
    group: "Look and decide",
    summary: "deals that can't go on by themselves: why, and another try",
    load: async () => (await import("./commands/dead-letters.ts")).registerDeadLetters,
  },
  {
    name: "history",
    group: "Look and decide",
    summary: "what happened, and by whom",
    load: async () => (await import("./commands/history.ts")).registerHistory,
  },
  {
    name: "undo",
    group: "Look and decide",
    summary: "take back a write of the sync",
    load: async () => (await import("./commands/history.ts")).registerUndo,
  },
  {
    name: "pause",
    group: "Run",
    summary: "stop writing a deal, a field, or everything",
    load: async () => (await import("./commands/pause.ts")).registerPause,
  },
  {
    name: "resume",
    group: "Run",
    summary: "let it be written again",
    load: async () => (await import("./commands/pause.ts")).registerResume,
  },
  {
    name: "export",
    group: "Data",
    summary: "write the deals to a CSV or JSON file",
    load: async () => (await import("./commands/export.ts")).registerExport,
  },
  {
    name: "import",
    group: "Data",
    summary: "carry edited cells of a CSV or JSON file into both systems",
    load: async () => (await import("./commands/import.ts")).registerImport,
  },
  {
    name: "backup",
    group: "Data",
    summary: "copy the ledger to one file, while the sync goes on",
    load: async () => (await import("./commands/backup.ts")).registerBackup,
  },
  {
    name: "restore",
    group: "Data",
    summary: "put a backup in the ledger's place, and begin a new epoch",
    load: async () => (await import("./commands/backup.ts")).registerRestore,
  },
  {
    name: "alerts",
    group: "Look and decide",
    summary: "what people are alerted of, and whether it arrives",
    load: async () => (await import("./commands/alerts.ts")).registerAlerts,
  },
  {
    name: "sandbox",
    group: "Sandboxes and the connector",
    summary: "run the referrals service on this machine, to develop and test against",
    examples: [
      ["sandbox --seed 50", "with invented referrals"],
      ["sandbox send --kind co-sell", "send the partner an invitation, as Microsoft"],
      ["sandbox advance 14d", "let unanswered referrals expire"],
    ],
    load: async () => (await import("./commands/sandbox.ts")).registerSandbox,
  },
  {
    name: "crm-sandbox",
    group: "Sandboxes and the connector",
    summary: "run an emulator of a CRM's protocol on this machine",
    examples: [
      ["crm-sandbox dynamics365 --seed 20", "with invented deals"],
      ["crm-sandbox dynamics365 --port 0 --json", "any free port, told to a program"],
    ],
    load: async () => (await import("./commands/crm-sandbox.ts")).registerCrmSandbox,
  },
  {
    name: "connector",
    group: "Sandboxes and the connector",
    summary: "export the connector package for Power Automate, Logic Apps and Power Apps",
    examples: [["connector export --out ./connector", "the files for Power Platform"]],
    load: async () => (await import("./commands/connector.ts")).registerConnector,
  },
  {
    name: "gateway",
    group: "Sandboxes and the connector",
    summary: "serve the connector: connections, limits and triggers in front of Partner Center",
    examples: [
      ["gateway --public-url https://connect.contoso.example", "in front of Partner Center"],
    ],
    load: async () => (await import("./commands/gateway.ts")).registerGateway,
  },
  {
    name: "mcp",
    group: "Sandboxes and the connector",
    summary: "serve AI agents: the actions as tools, help on fields, the state of the sync",
    examples: [
      ["mcp", "for an agent on this machine, by standard input and output"],
      ["mcp --sandbox", "on a sandbox that runs here"],
    ],
    load: async () => (await import("./commands/mcp.ts")).registerMcp,
  },
  {
    name: "password",
    group: "Set up",
    summary: "print a password's hash for the page's sign-in",
    load: async () => (await import("./commands/password.ts")).registerPassword,
  },
  {
    name: "completion",
    group: "Set up",
    summary: "complete commands and options in bash, zsh or fish",
    load: async () => (await import("./commands/completion.ts")).registerCompletion,
  },
];

/** Adds a command to the program as it is run, its examples with it. */
export async function addCommand(program: Command, module: CommandModule): Promise<Command> {
  (await module.load())(program, commandModules);
  const command = program.commands.find((each) => each.name() === module.name);
  if (!command) throw new Error(`the module of ${module.name} registers another command`);
  return module.examples ? examples(command, module.examples) : command;
}
