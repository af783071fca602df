/**
 * How much of an input waits in a task, in records and bytes. A task says how many records it has not taken yet; since it takes them in the order in which they
 * came, the bytes are those of the latest deliveries. Whole deliveries are counted, so bytes are at most one delivery too many.
 */
export interface Backlog {
  add(records: number, bytes: number): void;
  /** `waiting`: records not yet taken. */
  bytes(waiting: number): number;
}

export function createBacklog(): Backlog {
  let deliveries: { readonly records: number; readonly bytes: number }[] = [];
  let records = 0;
  let bytes = 0;
  return {
    add: (more, size) => {
      deliveries.push({ records: more, bytes: size });
      records += more;
      bytes += size;
    },
    bytes: (waiting) => {
      let taken = 0;
      for (let oldest = deliveries[0]; oldest !== undefined && records - oldest.records >= waiting; oldest = deliveries[taken]) {
        records -= oldest.records;
        bytes -= oldest.bytes;
        taken += 1;
      }
      if (taken > 0) deliveries = deliveries.slice(taken);
      return bytes;
    },
  };
}
