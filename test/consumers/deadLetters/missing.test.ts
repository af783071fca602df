import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findMissing, missingLines } from '../../../consumers/deadLetters/missing.ts';
import { collectorLetter, letter, NOW, P, world } from './world.ts';

test('features that events name and the catalog lacks, the most events first; those that it has by now can be replayed', async () => {
  const made = await world();
  const of = (feature: string, offset: number) => letter([0, offset], { original: made.bytes({ feature }), failed_at: NOW + offset });
  made.add(0, of('once', 1), of('often', 2), of('often', 3), of('known', 4), letter([0, 5], { reason: 'invalid', original: made.bytes({ feature: 'bad' }) }), letter([0, 6], { original: Buffer.from('no event') }));
  made.add(P, collectorLetter('{"feature":"refused"}'));
  const missing = await findMissing(await made.scan(), (feature) => feature === 'known');
  assert.deepEqual(missing, {
    features: [{ feature: 'often', events: 2, first_failed_at: NOW + 2, last_failed_at: NOW + 3 }, { feature: 'once', events: 1, first_failed_at: NOW + 1, last_failed_at: NOW + 1 }],
    others: 0,
    replayable: 1,
  });
  assert.match(missingLines(missing).join('\n'), /lacks[^]*2 {2}often {2}2026[^]*1 {2}once[^]*1 events have failed for want of a feature that is there now: dead-letters replay/);
  assert.deepEqual(missingLines({ features: [], others: 0, replayable: 0 }), ['Every feature that events name is in the catalog.']);
});

test('a client that puts ids into feature names does not fill the memory, and one that colours them no terminal', async () => {
  const made = await world();
  made.add(1, ...Array.from({ length: 1_010 }, (_, n) => letter([1, n], { original: made.bytes({ feature: `f-\u001b[31m${n}` }) })));
  const missing = await findMissing(await made.scan(), () => false);
  assert.deepEqual([missing.features.length, missing.others], [1_000, 10]);
  assert.ok(!missingLines(missing).join('\n').includes('\u001b'));
});
