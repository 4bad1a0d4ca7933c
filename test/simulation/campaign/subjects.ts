import { engineSubject } from "../engine-subject.ts";
import { naiveFlow } from "../naive-flow.ts";
import { seededBugs } from "../seeded-bugs.ts";
import type { SubjectFactory } from "../subject.ts";

/** What runs in the world, by name. */
export function subjectNamed(name: string): SubjectFactory {
  if (name === "engine") return engineSubject();
  if (name === "naive") return naiveFlow;
  const bug = seededBugs.find((candidate) => candidate.name === name);
  if (bug) return engineSubject(bug.sabotage);
  throw new Error(`there is no subject called ${name}`);
}
