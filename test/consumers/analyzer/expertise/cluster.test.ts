/** The best of many starts, and of equally good ones the warm one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kmeans } from 'ml-kmeans';
import { cluster } from '../../../../consumers/analyzer/expertise/cluster.ts';
import { generator } from '../../../generator.ts';

const distance = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, i) => sum + (value - (b[i] ?? NaN)) ** 2, 0);
const inertia = (points: readonly number[][], centroids: readonly number[][]): number => points.reduce((sum, point) => sum + Math.min(...centroids.map((centroid) => distance(point, centroid))), 0);
const settle = (points: number[][], start: object): number[][] => kmeans(points, 3, { tolerance: 0, maxIterations: 500, ...start }).centroids;

/** One cloud, in which nearly every start ends elsewhere. */
function cloud(seed: number, users = 60): number[][] {
  const random = generator(seed);
  return Array.from({ length: users }, () => [random(), random(), random(), random()]);
}

test('no single start of the ten is better, and one of them is as good', () => {
  let differ = 0;
  for (let seed = 1; seed <= 20; seed++) {
    const points = cloud(seed);
    const single = Array.from({ length: 10 }, (_, i) => inertia(points, settle(points, { seed: seed + i })));
    const best = cluster(points, seed, null);
    assert.ok(best !== null);
    assert.equal(inertia(points, best), Math.min(...single));
    if (Math.max(...single) - Math.min(...single) > 1e-6) differ += 1;
  }
  assert.ok(differ > 10, 'starts that all agree prove nothing');
});

test('a warm start that leads to something better than all ten is taken, one that leads to something worse is not', () => {
  let [better, worse] = [0, 0];
  for (let seed = 1; seed <= 40; seed++) {
    const points = cloud(seed);
    const cold = cluster(points, seed, null);
    assert.ok(cold !== null);
    for (let other = 100; other < 130; other++) {
      const start = settle(points, { seed: other }).map((centroid) => centroid.map((value) => value + 1e-9));
      const warm = inertia(points, settle(points, { initialization: start }));
      const found = cluster(points, seed, start);
      assert.ok(found !== null);
      assert.equal(inertia(points, found), Math.min(warm, inertia(points, cold)));
      if (warm < inertia(points, cold) - 1e-6) better += 1;
      if (warm > inertia(points, cold) + 1e-6) worse += 1;
    }
  }
  assert.ok(better > 0 && worse > 0, `${String(better)} better, ${String(worse)} worse`);
});

test('the warm one wins a tie, whatever the order of its centroids', () => {
  const points = cloud(3);
  const best = cluster(points, 3, null);
  assert.ok(best !== null);
  const turned = [...best].reverse();
  assert.deepEqual(cluster(points, 3, turned), turned);
});
