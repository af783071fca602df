/** Numbers of which the middle one is asked for, in memory that is used again: for each of very many users, one after the other. */

const FIRST = 64;
/** Ours: fewer are put in order by hand, which is sooner done than asking for it. */
const FEW = 40;

export class Numbers {
  private values = new Float64Array(FIRST);
  private length = 0;

  clear(): void {
    this.length = 0;
  }

  add(value: number): void {
    if (this.length === this.values.length) {
      const larger = new Float64Array(this.length * 2);
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.length++] = value;
  }

  /** The lower median; undefined where there are none. Their order is another one afterwards. */
  middle(): number | undefined {
    const { values, length } = this;
    if (length === 0) return undefined;
    if (length > FEW) values.subarray(0, length).sort();
    else sortFew(values, length);
    return values[Math.ceil(length / 2) - 1];
  }
}

function sortFew(values: Float64Array, length: number): void {
  for (let next = 1; next < length; next++) {
    const value = values[next] as number;
    let at = next;
    for (; at > 0 && (values[at - 1] as number) > value; at--) values[at] = values[at - 1] as number;
    values[at] = value;
  }
}
