import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adaptCloudEvent } from '../../../producers/adapters/cloudevents/event.ts';
import { binaryEvent, modeOf } from '../../../producers/adapters/cloudevents/http.ts';
import { VERBS, meaningOf } from '../../../producers/adapters/cloudevents/types.ts';
import { accepted } from './accepted.ts';

const cloudEvent = (over: object = {}): Record<string, unknown> => ({ specversion: '1.0', id: 'A1', source: '/notebooks', type: 'com.example.notebook.opened', time: '2026-11-23T10:00:00.5Z', userid: 'ada', ...over });
const adapted = (over: object = {}): ReturnType<typeof accepted> => accepted(adaptCloudEvent(cloudEvent(over)));
const refusal = (value: unknown): string => {
  const found = adaptCloudEvent(value);
  return found.kind === 'refused' ? found.detail : assert.fail(found.kind);
};

test('a type is a feature and an action; a version at its end is no word', () => {
  const { type, feature, action, user_id, occurred_at, properties } = adapted();
  assert.deepEqual([type, feature, action, user_id, occurred_at], ['interaction', 'com.example.notebook', 'opened', 'ada', Date.parse('2026-11-23T10:00:00.500Z')]);
  assert.deepEqual(properties, { ce_source: '/notebooks', ce_type: 'com.example.notebook.opened' });
  for (const [text, feature_, action_] of [['a.b.opened.v1', 'a.b', 'opened'], ['a.b.opened.0.2.0', 'a.b', 'opened'], ['a.opened.v1beta1', 'a', 'opened'], ['opened', undefined, 'opened'], ['v1', undefined, 'v1']] as const) {
    assert.deepEqual([meaningOf(text).feature, meaningOf(text).action], [feature_, action_], text);
  }
});

test('verbs that start and end tasks; the task is the subject', () => {
  for (const [verb, { type, outcome }] of VERBS) {
    if (type === 'error') continue;
    const event = adapted({ type: `dev.tekton.event.taskrun.${verb}.v1`, subject: 'run-7' });
    assert.deepEqual([event.type, event.outcome, event.task_id, event.feature], [type, outcome ?? null, 'run-7', 'dev.tekton.event.taskrun']);
  }
  assert.equal(adapted({ type: 'a.Started', subject: 's', taskid: 't', data: { task_id: 'd' } }).task_id, 't');
  assert.equal(adapted({ type: 'a.started', subject: 's', data: { task_id: 'd' } }).task_id, 'd');
  assert.equal(adapted({ type: 'a.finished', subject: 's', data: { outcome: 'failed' } }).outcome, 'failed', 'data knows better');
  assert.match(refusal(cloudEvent({ type: 'a.started' })), /set subject, the extension attribute taskid/);
  assert.equal(adapted({ subject: 'nb-1' }).task_id, null, 'an interaction\'s subject is no task');
});

test('a type of ours, and an event of ours in data', () => {
  const data = { user_id: 'bob', feature: 'training', duration_ms: 5, session_id: 's', release: '2', properties: { a: 'b' }, event_id: 'ignored', source: 'ignored', type: 'ignored' };
  const event = adapted({ type: 'chokepoint.timing', userid: undefined, data });
  assert.deepEqual([event.type, event.user_id, event.feature, event.duration_ms, event.session_id, event.release, event.source], ['timing', 'bob', 'training', 5, 's', '2', 'key']);
  assert.equal(event.properties['a'], 'b');
  assert.equal(adapted({ type: 'chokepoint.error', data: { feature: 'f', error: { code: 'QUOTA', cause: 'quota' } } }).error?.code, 'QUOTA');
  assert.throws(() => adapted({ type: 'chokepoint.clock', data: { feature: 'f' } }), /clock/);
  assert.throws(() => adapted({ type: 'chokepoint.no', data: { feature: 'f' } }), /type must be one of/);
});

test('who: the attribute userid, then data, then the Auth Context extension where it is a person', () => {
  const context = { authtype: 'user', authid: 'carl' };
  assert.equal(adapted({ data: { user_id: 'bob' }, ...context }).user_id, 'ada');
  assert.equal(adapted({ userid: undefined, data: { user_id: 'bob' }, ...context }).user_id, 'bob');
  assert.equal(adapted({ userid: undefined, ...context }).user_id, 'carl');
  assert.equal(adapted({ userid: null, authtype: 'app_user', authid: 'dora' }).user_id, 'dora');
  for (const authtype of ['service_account', 'system', 'unauthenticated', undefined]) assert.match(refusal(cloudEvent({ userid: undefined, authid: 'x', authtype })), /whose it is/);
});

test('the id is of source and id together', () => {
  assert.equal(adapted().event_id, adapted({ time: '2026-11-23T11:00:00Z' }).event_id);
  const ids = [adapted(), adapted({ id: 'A2' }), adapted({ source: '/notebook', id: 'sA1' })].map(({ event_id }) => event_id);
  assert.equal(new Set(ids).size, 3);
});

test('data that is bytes is read where it is JSON; other data tells nothing', () => {
  const data_base64 = Buffer.from('{"feature":"f"}').toString('base64');
  assert.equal(adapted({ data_base64 }).feature, 'f');
  for (const over of [{ data_base64, datacontenttype: 'text/plain' }, { data_base64: '!!' }, { data: 'text' }, { data: [1] }, { data: null }]) assert.equal(adapted(over).feature, 'com.example.notebook');
});

test('what is no CloudEvent is refused with the field\'s name', () => {
  for (const [value, reason] of [
    [7, /no JSON object/], [{}, /specversion/], [cloudEvent({ specversion: '0.3' }), /specversion must be "1\.0"/], [cloudEvent({ id: '' }), /id, source and type/], [cloudEvent({ source: 5 }), /id, source and type/], [cloudEvent({ type: undefined }), /id, source and type/],
  ] as const) assert.match(refusal(value), reason);
  assert.throws(() => adapted({ time: undefined }), /occurred_at is missing/);
  assert.throws(() => adapted({ type: 'opened' }), /feature is missing/);
  assert.throws(() => adapted({ data: { properties: 'x' } }), /properties must be an object/);
  assert.throws(() => adapted({ type: 'a.error' }), /error\.code is missing/);
});

test('the three modes; headers are percent-encoded', () => {
  assert.equal(modeOf({ 'content-type': 'application/cloudevents+json; charset=utf-8', 'ce-specversion': '1.0' }), 'structured');
  assert.equal(modeOf({ 'content-type': 'application/cloudevents-batch+json' }), 'batch');
  assert.equal(modeOf({ 'content-type': 'application/json', 'ce-specversion': '1.0' }), 'binary');
  assert.equal(modeOf({ 'ce-specversion': '1.0' }), 'binary');
  assert.equal(modeOf({ 'content-type': 'application/json' }), null);
  assert.equal(modeOf({ 'content-type': 'application/cloudevents+avro', 'ce-specversion': '1.0' }), null);
  const headers = { 'content-type': 'application/json', 'ce-specversion': '1.0', 'ce-id': '1', 'ce-userid': '%C3%A9va%20%E2%82%AC', 'ce-time': '2026-11-23T10%3A00%3A00Z', 'ce-x': '100%', 'ce-data': 'no', host: 'h' };
  assert.deepEqual(binaryEvent(headers, Buffer.from('{"a":1}')), { specversion: '1.0', id: '1', userid: 'éva €', time: '2026-11-23T10:00:00Z', x: '100%', datacontenttype: 'application/json', data: { a: 1 } });
  assert.equal(binaryEvent(headers, Buffer.from('{')), null);
  assert.deepEqual(binaryEvent({ 'ce-id': '1', 'ce-data': 'no', 'ce-data_base64': 'bm8=' }, Buffer.alloc(0)), { id: '1' });
  assert.deepEqual(binaryEvent({ 'ce-id': '1', 'content-type': 'text/plain' }, Buffer.from('x')), { id: '1', datacontenttype: 'text/plain', data_base64: 'eA==' });
});
