/** How each feature is brought to a common scale, so that no unit of measure decides who is an expert (semantics 4). */
import type { Scaling } from '../../../schemas/records.ts';

/** Winsorised at 2.5 and 97.5 % (ours): a few bots or sick accounts must not stretch the scale. */
const WINSOR_LOW = 0.025;
const WINSOR_HIGH = 0.975;

/** Brings every value to 0: of a feature that nobody has, or that is left out. */
export const NO_SCALING: Scaling = { low: 0, high: 0, center: 0, scale: 1 };

/** Quantile with linear interpolation between the two nearest ranks; `sorted` is ascending and not empty. */
export function quantile(sorted: readonly number[], share: number): number {
  const position = (sorted.length - 1) * share;
  const below = sorted[Math.floor(position)] ?? 0;
  const above = sorted[Math.ceil(position)] ?? below;
  return below + (above - below) * (position - Math.floor(position));
}

function standardDeviation(values: readonly number[]): number {
  const center = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - center) ** 2, 0) / values.length);
}

/** Of one transformed feature; nulls are left out. Centre: the median; unit: the IQR, the SD where that is 0, 1 where that is 0. */
export function fitScaling(values: readonly (number | null)[]): Scaling {
  const sorted = values.filter((value) => value !== null).sort((a, b) => a - b);
  if (sorted.length === 0) return NO_SCALING;
  const low = quantile(sorted, WINSOR_LOW);
  const high = quantile(sorted, WINSOR_HIGH);
  const winsorised = sorted.map((value) => Math.min(Math.max(value, low), high));
  const spread = quantile(winsorised, 0.75) - quantile(winsorised, 0.25) || standardDeviation(winsorised);
  return { low, high, center: quantile(winsorised, 0.5), scale: spread === 0 ? 1 : spread };
}
