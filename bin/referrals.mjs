#!/usr/bin/env node
// The installed command. The check is plain JavaScript, so that an old Node.js says what is wrong
// instead of failing on syntax.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `referrals needs Node.js 22.18 or later; this is ${process.version}. Install Node.js 24 from https://nodejs.org.\n`,
  );
  process.exit(1);
}
await import("../dist/cli/main.js");
