import { marks, paint, remedyLine } from "../terminal/paint.ts";
import { wrapped } from "../terminal/table.ts";
import { counted } from "../terminal/words.ts";
import type { Finding } from "./finding.ts";

const areaWidth = 17;

function findingLines(finding: Finding, isFirst: boolean, width: number): readonly string[] {
  const { area, verdict, sentence, detail, remedy } = finding;
  const indent = " ".repeat(areaWidth + 2);
  const head = isFirst ? paint.strong(area.padEnd(areaWidth)) : " ".repeat(areaWidth);
  const more = [
    ...(detail === undefined ? [] : [paint.faint(wrapped(detail, width, indent))]),
    ...(remedy === undefined ? [] : [remedyLine(wrapped(remedy, width, `${indent}  `))]),
  ];
  const body = wrapped(sentence, width, indent);
  return [`${head}${marks[verdict]} ${body}`, ...more.map((text) => `${indent}${text}`)];
}

/** `1 problem, 2 warnings.` */
export function verdictText(findings: readonly Finding[]): string {
  const problems = findings.filter(({ verdict }) => verdict === "bad").length;
  const warned = findings.filter(({ verdict }) => verdict === "warn").length;
  if (problems + warned === 0) return paint.good("All is well.");
  const parts = [
    ...(problems > 0 ? [paint.bad(counted(problems, "problem"))] : []),
    ...(warned > 0 ? [paint.warn(counted(warned, "warning"))] : []),
  ];
  return `${parts.join(", ")}.`;
}

/** The findings by area, each with its remedy. */
export function doctorText(findings: readonly Finding[], width: number): string {
  const lines = findings.flatMap((finding, index) =>
    findingLines(finding, findings[index - 1]?.area !== finding.area, width),
  );
  return [...lines, "", verdictText(findings)].join("\n");
}
