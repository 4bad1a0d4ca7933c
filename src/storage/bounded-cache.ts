/**
 * A map of limited size that forgets what hasn't been used for long. What is used often stays in
 * the younger half and costs one look-up; nothing is re-ordered at each use.
 */
export class BoundedCache<Key, Value> {
  readonly #halfLimit: number;
  #younger = new Map<Key, Value>();
  #older = new Map<Key, Value>();

  constructor(limit: number) {
    this.#halfLimit = Math.ceil(limit / 2);
  }

  get size(): number {
    return this.#younger.size + this.#older.size;
  }

  /** The value for a key, made on first use. */
  obtain(key: Key, make: (key: Key) => Value): Value {
    const found = this.#younger.get(key);
    if (found !== undefined) return found;
    const value = this.#older.get(key) ?? make(key);
    this.#older.delete(key);
    this.#younger.set(key, value);
    if (this.#younger.size >= this.#halfLimit) {
      this.#older = this.#younger;
      this.#younger = new Map();
    }
    return value;
  }

  clear(): void {
    this.#younger.clear();
    this.#older.clear();
  }
}
