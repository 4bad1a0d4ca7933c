import { engineSubject } from "../engine-subject.ts";
import { naiveFlow } from "../naive-flow.ts";
import type { SubjectFactory } from "../subject.ts";

/** What runs in the world, by name. */
export function subjectNamed(name: string): SubjectFactory {
  if (name === "engine") return engineSubject();
  if (name === "naive") return naiveFlow;
  throw new Error(`there is no subject called ${name}`);
}
