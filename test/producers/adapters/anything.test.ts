/** Whatever comes: an adapter never throws, gives the same for the same, and the collector either takes what it makes or says which field is wrong. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Adapt } from '../../../producers/adapters/adapted.ts';
import { adaptCloudEvent } from '../../../producers/adapters/cloudevents/event.ts';
import { binaryEvent, modeOf } from '../../../producers/adapters/cloudevents/http.ts';
import { adaptJupyter } from '../../../producers/adapters/jupyter/event.ts';
import { adaptOpenLineage } from '../../../producers/adapters/openlineage/runEvent.ts';
import { Invalid } from '../../../producers/collector/fields.ts';
import { validateEvent } from '../../../producers/collector/validate.ts';

/** As JSON.parse gives it, so with `__proto__` as a field. */
const json = fc.json({ maxDepth: 4 }).map((text) => JSON.parse(text) as unknown);
/** A right event, with anything at a place of its own. */
const bent = (right: unknown): fc.Arbitrary<unknown> => {
  const places = placesOf(right);
  return fc.tuple(fc.constantFrom(...places), json, fc.boolean()).map(([place, value, remove]) => {
    const copy = structuredClone(right);
    const holder = place.slice(0, -1).reduce<unknown>((inner, name) => (inner as Record<string, unknown>)[name], copy) as Record<string, unknown>;
    if (remove) holder[place.at(-1) ?? ''] = undefined;
    else holder[place.at(-1) ?? ''] = value;
    return copy;
  });
};

function placesOf(value: unknown, above: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [[...above, name], ...placesOf(inner, [...above, name])]);
}

const RIGHT: Readonly<Record<string, { readonly adapt: Adapt; readonly event: unknown }>> = {
  OpenLineage: {
    adapt: adaptOpenLineage,
    event: {
      eventType: 'FAIL', eventTime: '2026-11-23T10:00:00Z', run: { runId: 'r', facets: { errorMessage: { message: 'ValueError: x', stackTrace: 'a\nb' }, tags: { tags: [{ key: 'chokepoint.feature', value: 'f' }] }, chokepoint: { error_code: 'c', waiting_ms: 1 } } },
      job: { namespace: 'n', name: 'j', facets: { ownership: { owners: [{ name: 'user:ada' }] }, tags: { tags: [] } } },
    },
  },
  CloudEvents: { adapt: adaptCloudEvent, event: { specversion: '1.0', id: '1', source: '/s', type: 'a.failed', time: '2026-11-23T10:00:00Z', subject: 't', userid: 'u', authtype: 'user', authid: 'a', data: { feature: 'f', error: { code: 'c' }, properties: { a: 'b' } }, data_base64: 'e30=' } },
  Jupyter: { adapt: (value) => adaptJupyter(value, 'ada'), event: { __schema__: 'https://e/x/v1', __timestamp__: '2026-11-25T17:58:15+00:00Z', status: 'error', status_code: 1, msg: 'm', type: 'error', properties: {}, action: 'a', user_id: 'u' } },
};

const CONTEXT = { receivedAt: 0, source: 'key', newId: () => assert.fail('adapters make the id') };

for (const [name, { adapt, event }] of Object.entries(RIGHT)) {
  test(`${name}: anything, and anything at any place`, () => {
    assert.equal(adapt(event).kind, 'event');
    const kinds = new Map<string, number>();
    fc.assert(
      fc.property(fc.oneof({ weight: 1, arbitrary: json }, { weight: 4, arbitrary: bent(event) }), (value) => {
        const adapted = adapt(value);
        assert.deepEqual(adapt(structuredClone(value)), adapted);
        let kind: string = adapted.kind;
        if (adapted.kind === 'refused') assert.match(adapted.detail, new RegExp(`^${name}: .+`));
        if (adapted.kind === 'event') {
          assert.match(adapted.element.event_id, /^[0-9a-f]{32}$/);
          try {
            validateEvent(adapted.element, CONTEXT);
          } catch (error) {
            if (!(error instanceof Invalid)) throw error;
            kind = 'invalid';
          }
        }
        kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      }),
      { numRuns: 2_000 },
    );
    for (const kind of ['event', 'refused', 'invalid']) assert.ok((kinds.get(kind) ?? 0) > 50, `the property has met ${kind}: ${JSON.stringify([...kinds])}`);
  });

  test(`${name}: nesting without end`, () => {
    const deep = JSON.parse(`${'['.repeat(500_000)}${']'.repeat(500_000)}`) as unknown;
    for (const value of [deep, { ...(event as object), user_id: deep, data: deep, deep, run: deep }]) adapt(value);
  });
}

test('CloudEvents: any headers and any body', () => {
  const header = fc.oneof(fc.constantFrom('content-type', 'ce-specversion', 'ce-data', 'ce-id', 'ce-__proto__', '__proto__'), fc.string().map((name) => `ce-${name}`));
  fc.assert(
    fc.property(fc.dictionary(header, fc.oneof(fc.string(), fc.constantFrom('application/json', 'application/cloudevents+json', '%', '%C3'))), fc.uint8Array(), (headers, bytes) => {
      modeOf(headers);
      const event = binaryEvent(headers, Buffer.from(bytes));
      if (event !== null) adaptCloudEvent(event);
    }),
    { numRuns: 2_000 },
  );
});
