import { BoundedCache } from "./bounded-cache.ts";

const quotedOrPlaceholder = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|\?/g;

/** Writes `$1, $2, …` for the `?` marks that stand outside of strings, names and comments. */
export function numberedPlaceholders(sql: string): string {
  let count = 0;
  return sql.replace(quotedOrPlaceholder, (token) => {
    if (token !== "?") return token;
    count += 1;
    return `$${count}`;
  });
}

/** A statement in PostgreSQL's spelling. Only named ones are kept prepared on a connection. */
export interface PostgresStatement {
  readonly text: string;
  readonly name?: string;
}

const cacheLimit = 1_000;
const preparedLimit = 500;

/**
 * Translates statements once, and names the first few hundred so that each connection prepares them
 * once.
 */
export class PostgresStatements {
  readonly #known = new BoundedCache<string, PostgresStatement>(cacheLimit);
  #named = 0;

  obtain(sql: string): PostgresStatement {
    return this.#known.obtain(sql, () => {
      const text = numberedPlaceholders(sql);
      if (this.#named >= preparedLimit) return { text };
      this.#named += 1;
      return { text, name: `s${this.#named}` };
    });
  }
}
