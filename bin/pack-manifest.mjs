// Around `npm pack`: the published package.json names neither development dependencies nor the Node.js
// that a checkout brings along. `strip` keeps a copy, `restore` puts it back.
import { copyFileSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const manifest = fileURLToPath(new URL("../package.json", import.meta.url));
const copy = `${manifest}.unpacked`;

function strip() {
  if (!existsSync(copy)) copyFileSync(manifest, copy);
  const published = JSON.parse(readFileSync(copy, "utf8"));
  delete published.optionalDependencies;
  delete published.devDependencies;
  delete published.scripts;
  writeFileSync(manifest, `${JSON.stringify(published, null, 2)}\n`);
}

function restore() {
  if (existsSync(copy)) renameSync(copy, manifest);
}

if (process.argv[2] === "strip") strip();
else restore();
