import { expect, test } from "vitest";
import { importsOf, isTestFile, type SourceFile, sourceFiles } from "./sources.ts";

/** Which folder may import which: the picture in ARCHITECTURE.md as data. */
const allowedImports: Readonly<Record<string, readonly string[]>> = {
  contract: [],
  runtime: ["contract"],
  odata: ["contract", "runtime"],
  http: ["contract", "runtime"],
  crm: ["contract", "runtime"],
  storage: ["contract", "runtime", "odata"],
  client: ["contract", "runtime", "odata"],
  sync: ["contract", "runtime", "client", "crm", "storage"],
  service: ["contract", "runtime", "odata", "http", "storage"],
  sandbox: ["contract", "runtime", "odata", "http", "storage"],
  operations: ["contract", "runtime", "odata", "http", "storage", "client", "crm", "sync"],
  connector: ["contract", "runtime", "http", "storage", "client"],
  dashboard: ["contract"],
  cli: [
    "contract",
    "runtime",
    "odata",
    "http",
    "crm",
    "storage",
    "client",
    "sync",
    "service",
    "sandbox",
    "operations",
    "connector",
    "dashboard",
  ],
};

/** The engine sees these folders by their ports alone, so that it also runs in a browser. */
const byPortOnly: Readonly<Record<string, readonly string[]>> = { sync: ["client", "storage"] };

/** Adapters receive a database from the composition root and see its port alone. */
const portImports: Readonly<Record<string, readonly string[]>> = {
  "src/crm": ["src/storage/port.ts"],
  "src/http": ["src/storage/port.ts"],
  "src/client": ["src/storage/port.ts"],
};

const entryFiles = new Set(["index.ts", "port.ts", "mapping-port.ts"]);
const folderOf = (path: string): string => path.split("/")[1] ?? "";
/** Folders beside the vendors' that serve all of them. */
const sharedFolders = new Set(["lenses", "conformance", "adapting"]);
const vendorOf = (path: string): string | undefined => {
  const folder = /^src\/(?:crm|sandbox)\/([^/]+)\//.exec(path)?.[1];
  return folder !== undefined && sharedFolders.has(folder) ? undefined : folder;
};

function complaint(file: SourceFile, imported: string): string | undefined {
  const from = folderOf(file.path);
  const to = folderOf(imported);
  const name = imported.split("/").pop() ?? "";
  const arrow = `${file.path} → ${imported}`;
  if (!imported.startsWith("src/")) return `${arrow}: src imports nothing outside src`;
  if (from === to) {
    const otherVendor = vendorOf(imported) !== undefined && vendorOf(file.path) !== undefined;
    return otherVendor && vendorOf(imported) !== vendorOf(file.path)
      ? `${arrow}: vendors never import each other`
      : undefined;
  }
  if (isTestFile(file.path)) return undefined;
  if (portImports[`src/${from}`]?.includes(imported)) return undefined;
  if (!allowedImports[from]?.includes(to)) return `${arrow}: ${from} may not import ${to}`;
  if (byPortOnly[from]?.includes(to) && name !== "port.ts") {
    return `${arrow}: ${from} knows ${to} by its port.ts only`;
  }
  const isVendorEntry = vendorOf(imported) !== undefined && name === "index.ts";
  const isFolderEntry = imported.split("/").length === 3 && entryFiles.has(name);
  return isVendorEntry || isFolderEntry ? undefined : `${arrow}: import ${to} through its index.ts`;
}

function findCycle(files: readonly SourceFile[]): readonly string[] | undefined {
  const edges = new Map(files.map((file) => [file.path, importsOf(file)]));
  const done = new Set<string>();
  const walk = (path: string, trail: readonly string[]): readonly string[] | undefined => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (done.has(path)) return undefined;
    for (const next of edges.get(path) ?? []) {
      const cycle = walk(next, [...trail, path]);
      if (cycle) return cycle;
    }
    done.add(path);
    return undefined;
  };
  for (const path of edges.keys()) {
    const cycle = walk(path, []);
    if (cycle) return cycle;
  }
  return undefined;
}

const files = sourceFiles("src");

test("every folder imports only what the architecture allows", () => {
  const complaints = files.flatMap((file) =>
    importsOf(file).flatMap((imported) => complaint(file, imported) ?? []),
  );
  expect(files.length).toBeGreaterThan(10);
  expect(complaints).toEqual([]);
});

test("benches play in the simulated world through its index alone, and it knows no bench", () => {
  const world = "test/simulation/";
  const users = [...sourceFiles("bench"), ...sourceFiles("test")].filter(
    ({ path }) => !path.startsWith(world),
  );
  const complaints = users.flatMap((file) =>
    importsOf(file)
      .filter((imported) => imported.startsWith(world) && imported !== `${world}index.ts`)
      .map((imported) => `${file.path} → ${imported}: import it through its index.ts`),
  );
  const back = sourceFiles(world).flatMap((file) =>
    importsOf(file).filter((imported) => imported.startsWith("bench/")),
  );
  expect(users.some((file) => importsOf(file).includes(`${world}index.ts`))).toBe(true);
  expect([...complaints, ...back]).toEqual([]);
});

test("no files import each other in a circle", () => {
  expect(findCycle(files)).toBeUndefined();
});

test("the checks see a wrong import and a cycle", () => {
  const wrong = {
    path: "src/contract/x.ts",
    text: 'import { a } from "../http/index.ts";',
    lines: [],
  };
  expect(importsOf(wrong).map((imported) => complaint(wrong, imported))).toEqual([
    "src/contract/x.ts → src/http/index.ts: contract may not import http",
  ]);
  const circle = ["a", "b"].map((name, index) => ({
    path: `src/odata/${name}.ts`,
    text: `import { x } from "./${index === 0 ? "b" : "a"}.ts";`,
    lines: [],
  }));
  expect(findCycle(circle)).toEqual(["src/odata/a.ts", "src/odata/b.ts", "src/odata/a.ts"]);
});
