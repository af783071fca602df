/** Members come and go: who has what, and what stays is not disturbed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Assignment } from '../../../infra/ports.ts';
import { inputKey } from '../../../infra/kafka/assigner.ts';
import { join, keys } from './member.ts';
import { names, record, type World } from './subject.ts';

export function rebalancesContract({ subject, kafka, named, topic, transact, send }: World): void {
  const assignments: readonly { assignment: Assignment; shares: (a: string, b: string) => string[][] }[] = [
    { assignment: 'co-partitioned', shares: (a, b) => [[`${a}/0`, `${b}/0`], [`${a}/1`, `${b}/1`]] },
    { assignment: 'single', shares: (a, b) => [[], [`${a}/0`, `${a}/1`, `${b}/0`, `${b}/1`]] },
  ];
  for (const { assignment, shares } of assignments) {
    test(`${assignment}: two members share as promised, the one that stays gets everything back`, async () => {
      const [a, b] = [await topic(2), await topic(2)];
      const first = await join(kafka(), named(`share-${assignment}`), [a, b], assignment);
      await first.until(() => first.inputs.length === 4);
      const second = await join(kafka(), named(`share-${assignment}`), [a, b], assignment);
      await first.until(() => second.assignments > 0 && first.inputs.length + second.inputs.length === 4);
      const sorted = [names(first.inputs), names(second.inputs)].sort((x, y) => x.length - y.length || (String(x) < String(y) ? -1 : 1));
      assert.deepEqual(sorted, shares(a, b));
      await first.consumer.close();
      await second.until(() => second.inputs.length === 4);
      await second.consumer.close();
    });
  }

  test('each: members share single inputs; what stays with a member goes on without gap or repetition while others come and go', async () => {
    const [a, b] = [await topic(3), await topic(1)];
    const first = await join(kafka(), named('storm'), [a, b], 'each');
    let sent = 0;
    for (let round = 0; round < 3; round++) {
      await send([0, 1, 2].map((partition) => record(a, partition, String(sent))));
      sent += 1;
      const guest = await join(kafka(), named('storm'), [a, b], 'each');
      await first.until(() => guest.assignments > 0 && first.inputs.length === 2 && guest.inputs.length === 2);
      assert.deepEqual([...names(first.inputs), ...names(guest.inputs)].sort(), [`${a}/0`, `${a}/1`, `${a}/2`, `${b}/0`]);
      await guest.consumer.close();
      await first.until(() => first.inputs.length === 4);
    }
    const stayed = first.inputs.filter((input) => first.always.has(inputKey(input)) && input.topic === a);
    assert.ok(stayed.length > 0);
    for (const { partition } of stayed) {
      const mine = (): string[] => keys(first.records.filter((found) => found.partition === partition));
      await first.until(() => mine().length >= sent);
      assert.deepEqual(mine(), Array.from({ length: sent }, (_, n) => String(n)));
    }
    await first.consumer.close();
  });

  test('a member that dies without a word: its inputs come back from where the group stands, what stayed is not disturbed', async () => {
    const name = await topic(2);
    const group = named('killed');
    const first = await join(kafka(), group, [name], 'co-partitioned');
    await first.until(() => first.inputs.length === 2);
    const stranger = await subject().stranger(group, [name], 'co-partitioned');
    await first.until(() => first.inputs.length === 1);
    const [mine] = first.inputs;
    const other = 1 - (mine?.partition ?? 0);
    await send([0, 1, 2].flatMap((n) => [0, 1].map((partition) => record(name, partition, String(n)))));
    await transact('killed', [], [{ topic: name, partition: other, offset: 1, metadata: '' }], 'killed');
    await first.until(() => first.records.length === 3);
    stranger.kill();
    await first.until(() => first.inputs.length === 2 && first.records.length >= 5);
    await send([0, 1].map((partition) => record(name, partition, 'after')));
    await first.until(() => first.records.length >= 7);
    const of = (partition: number): string[] => keys(first.records.filter((found) => found.partition === partition));
    assert.deepEqual([of(mine?.partition ?? 0), of(other)], [['0', '1', '2', 'after'], ['1', '2', 'after']]);
    await first.consumer.close();
  });

  test('a member with everything paused stays a member, longer than a session', async () => {
    const name = await topic(1);
    const member = await join(kafka(), named('idle'), [name], 'each', (consumer, inputs) => { consumer.pause(inputs); });
    await member.until(() => member.inputs.length === 1);
    await send([record(name, 0, 'a')]);
    await new Promise((resolve) => setTimeout(resolve, 1.25 * subject().sessionMs));
    assert.deepEqual([member.assignments, member.records.length, member.crashed], [1, 0, null]);
    await member.consumer.commit([{ topic: name, partition: 0, offset: 0, metadata: 'still here' }]);
    member.consumer.resume([{ topic: name, partition: 0 }]);
    await member.until(() => member.records.length === 1);
    assert.equal(member.assignments, 1);
    await member.consumer.close();
  });
}
