import { maxDepth } from "./limits.ts";

/**
 * Knows how deep the tree is that is being built, and refuses what goes beyond the limit: brackets
 * open levels downwards, operators without brackets push what was read before them down.
 */
export class DepthGauge {
  readonly #refuse: (message: string) => never;
  #depth = 0;
  /** The deepest level of what has been read since the innermost `measured` began. */
  #deepest = 0;

  constructor(refuse: (message: string) => never) {
    this.#refuse = refuse;
  }

  /** Runs `parse` one level deeper. */
  nested<T>(parse: () => T): T {
    this.#depth += 1;
    this.#reach(this.#depth);
    const result = parse();
    this.#depth -= 1;
    return result;
  }

  /** Runs `parse`, which calls `lower` when all that it has read so far goes one level down. */
  measured<T>(parse: (lower: () => void) => T): T {
    const outside = this.#deepest;
    this.#deepest = this.#depth;
    const result = parse(() => this.#reach(this.#deepest + 1));
    this.#deepest = Math.max(outside, this.#deepest);
    return result;
  }

  #reach(level: number): void {
    this.#deepest = Math.max(this.#deepest, level);
    if (level > maxDepth) this.#refuse(`the query is nested deeper than ${maxDepth} levels`);
  }
}
