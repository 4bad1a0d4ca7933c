/** One fault of a mapping file: where, what is wrong, and what to do. */
export interface MappingProblem {
  /** Counted from 1. */
  readonly line: number;
  readonly column: number;
  /** Where in the document: `fields[3].lens.scale`. */
  readonly path: string;
  readonly reason: string;
  readonly remedy: string;
}

/** A mapping file that can't be used, with every fault that was found. */
export class MappingError extends Error {
  readonly problems: readonly MappingProblem[];

  constructor(fileName: string, problems: readonly MappingProblem[]) {
    super(
      problems
        .map(
          ({ line, column, path, reason, remedy }) =>
            `${fileName}:${line}:${column}: ${path ? `${path}: ` : ""}${reason}; ${remedy}`,
        )
        .join("\n"),
    );
    this.name = "MappingError";
    this.problems = problems;
  }
}
