// `npm run check`: types and style of the whole tree, in seconds.
import { checks, runCheck } from "./checks.ts";

let failed = 0;
for (const check of checks) if (!(await runCheck(check))) failed += 1;
process.exitCode = failed === 0 ? 0 : 1;
