/** What partitions say besides cells: examples of a finding, fingerprints in words, users by measure. Wanted seldom, so merged when asked for. */
import type { Level, SignalClass, Stage } from '../../../schemas/records.ts';
import type { BottleneckMeasure, FingerprintLabel, MeasureCounts, Samples } from '../partials.ts';
import { isMidnight } from '../time.ts';
import type { CellsChunk } from './sums.ts';

/** Examples in a challenge. */
const SAMPLES = 5;

interface Share {
  readonly samples: Map<string, Samples['earliest']>;
  readonly labels: Map<string, FingerprintLabel>;
  readonly measures: Map<string, MeasureCounts>;
  /** The midnight that they are of. */
  measured: number;
}

export interface MergedMeasure {
  readonly stage: Stage;
  readonly level: Level;
  readonly measure: BottleneckMeasure;
  /** Value to users. */
  readonly users: ReadonlyMap<number, number>;
}

export interface Details {
  apply(partition: number, chunk: CellsChunk): void;
  /** The partition's tick is complete. */
  close(partition: number, tick: number): void;
  /** The earliest events by (occurred_at, event_id), at most five. */
  samples(feature: string, signalClass: SignalClass, what: string | null): string[];
  label(fingerprint: string): FingerprintLabel | null;
  measures(): MergedMeasure[];
}

const sampleKey = (feature: string, signalClass: SignalClass, what: string | null): string => `${signalClass}/${what ?? ''}/${feature}`;

/** Those of an earlier midnight are void, whether there are new ones or not. */
function measuresAt(share: Share, midnight: number): void {
  if (share.measured === midnight) return;
  share.measures.clear();
  share.measured = midnight;
}

const byTimeAndId = (a: readonly [number, string], b: readonly [number, string]): number => a[0] - b[0] || (a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0);

export function createDetails(partitions: number): Details {
  const newShare = (): Share => ({ samples: new Map<string, Samples['earliest']>(), labels: new Map<string, FingerprintLabel>(), measures: new Map<string, MeasureCounts>(), measured: NaN });
  const shares: Share[] = Array.from({ length: partitions }, newShare);
  return {
    apply: (partition, chunk) => {
      const share = chunk.reset ? newShare() : (shares[partition] ?? newShare());
      shares[partition] = share;
      for (const { feature, signal_class, what, earliest } of chunk.samples) share.samples.set(sampleKey(feature, signal_class, what), earliest);
      for (const label of chunk.labels) {
        if ('forgotten' in label) share.labels.delete(label.fingerprint);
        else share.labels.set(label.fingerprint, label);
      }
      if (chunk.measures.length > 0) measuresAt(share, chunk.tick);
      for (const counts of chunk.measures) share.measures.set(`${counts.stage}/${counts.level}/${counts.measure}`, counts);
    },
    close: (partition, tick) => {
      const share = shares[partition];
      if (share !== undefined && isMidnight(tick)) measuresAt(share, tick);
    },
    samples: (feature, signalClass, what) =>
      shares
        .flatMap((share) => share.samples.get(sampleKey(feature, signalClass, what)) ?? [])
        .sort(byTimeAndId)
        .slice(0, SAMPLES)
        .map(([, eventId]) => eventId),
    label: (fingerprint) => shares.find((share) => share.labels.has(fingerprint))?.labels.get(fingerprint) ?? null,
    measures: () => {
      const merged = new Map<string, { stage: Stage; level: Level; measure: BottleneckMeasure; users: Map<number, number> }>();
      for (const share of shares) {
        for (const [key, { stage, level, measure, values }] of share.measures) {
          const sum = merged.get(key) ?? { stage, level, measure, users: new Map<number, number>() };
          for (const [value, users] of values) sum.users.set(value, (sum.users.get(value) ?? 0) + users);
          merged.set(key, sum);
        }
      }
      return [...merged].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum);
    },
  };
}
