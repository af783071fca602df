import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Adapted } from '../../../producers/adapters/adapted.ts';
import { adaptOpenLineage } from '../../../producers/adapters/openlineage/runEvent.ts';
import { accepted } from './accepted.ts';

const RUN = '0197b8d2-7c1e-7000-8000-000000000001';
const ownership = (...names: string[]): object => ({ ownership: { owners: names.map((name) => ({ name, type: 'OWNER' })) } });
const run = (over: object = {}, facets: object = {}, jobFacets: object = ownership('user:ada')): Record<string, unknown> => ({
  eventType: 'START', eventTime: '2026-11-23T10:00:00.123456Z', producer: 'https://example.org/airflow', schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json',
  run: { runId: RUN, facets }, job: { namespace: 'prod', name: 'churn.train', facets: jobFacets }, inputs: [], outputs: [], ...over,
});
const detail = (adapted: Adapted): string => (adapted.kind === 'refused' ? adapted.detail : assert.fail(adapted.kind));

test('START is a task that starts: the run is the task, the job the feature, the owner the user', () => {
  const event = accepted(adaptOpenLineage(run()));
  assert.deepEqual(
    { ...event, event_id: '' },
    {
      ...event, event_id: '', type: 'task_started', task_id: RUN, user_id: 'ada', feature: 'churn.train', occurred_at: Date.parse('2026-11-23T10:00:00.123Z'), outcome: null, error: null,
      properties: { job_namespace: 'prod', job_name: 'churn.train', producer: 'https://example.org/airflow' },
    },
  );
});

test('COMPLETE, FAIL and ABORT end it', () => {
  for (const [eventType, outcome] of [['COMPLETE', 'completed'], ['FAIL', 'failed'], ['ABORT', 'abandoned']] as const) {
    const { type, task_id, outcome: found, error } = accepted(adaptOpenLineage(run({ eventType })));
    assert.deepEqual([type, task_id, found, error], ['task_finished', RUN, outcome, null]);
  }
});

test('a failure says what the user saw: the code is the exception\'s name, wherever the language puts it', () => {
  const python = 'Traceback (most recent call last):\n  File "t.py", line 3, in <module>\n    raise x\ntorch.cuda.OutOfMemoryError: CUDA out of memory\n';
  for (const [message, stackTrace, code] of [
    ['org.apache.spark.sql.AnalysisException: Table or view not found: t; line 1 pos 14', undefined, 'AnalysisException'],
    ['CUDA out of memory', python, 'OutOfMemoryError'],
    ['went wrong', 'Exception in thread "main" java.lang.IllegalStateException: no\n  at A.b(A.java:1)', 'IllegalStateException'],
    ['went wrong', undefined, 'FAILED'],
    ['KeyboardInterrupt', undefined, 'KeyboardInterrupt'],
    [`${'x'.repeat(300_000)}Error`, undefined, 'FAILED'],
  ] as const) {
    const { error } = accepted(adaptOpenLineage(run({ eventType: 'FAIL' }, { errorMessage: { message, programmingLanguage: 'PYTHON', ...(stackTrace === undefined ? {} : { stackTrace }) } })));
    assert.deepEqual(error, { code, message: message.slice(0, 4_000), cause: 'unknown' });
  }
  const said = accepted(adaptOpenLineage(run({ eventType: 'FAIL' }, { errorMessage: { message: 'no GPUs left' }, chokepoint: { error_code: 'QUOTA', error_cause: 'quota' } })));
  assert.deepEqual(said.error, { code: 'QUOTA', message: 'no GPUs left', cause: 'quota' });
});

test('who: the run\'s facet, its tag, the job\'s facet, its tag, then the first owner that is a person', () => {
  const tags = (user: string): object => ({ tags: { tags: [{ key: 'team', value: 'x' }, { key: 'chokepoint.user_id', value: user, source: 'USER' }] } });
  const who = (facets: object, jobFacets: object): string => accepted(adaptOpenLineage(run({}, facets, jobFacets))).user_id;
  const owners = ownership('team:data', 'user:', '', 'application:etl', 'user:5', '6');
  const all = { run: { chokepoint: { user_id: '1' }, ...tags('2') }, job: { chokepoint: { user_id: '3' }, ...tags('4'), ...owners } };
  assert.equal(who(all.run, all.job), '1');
  assert.equal(who({ ...all.run, chokepoint: {} }, all.job), '2');
  assert.equal(who({}, all.job), '3');
  assert.equal(who({}, { ...all.job, chokepoint: null }), '4');
  assert.equal(who({}, owners), '5');
  assert.equal(who({}, ownership('6')), '6');
});

test('nobody: refused, with what to do; a user of a wrong type is judged like any other', () => {
  for (const facets of [{}, ownership(), ownership('team:data'), { ownership: { owners: 'ada' } }, { ownership: null }]) assert.match(detail(adaptOpenLineage(run({}, {}, facets))), /whose run it is: put \{"user_id"/);
  assert.throws(() => accepted(adaptOpenLineage(run({}, { chokepoint: { user_id: 7 } }))), /user_id must be a string/);
});

test('the facet also names the feature, the release, and the time in a queue', () => {
  const facets = { chokepoint: { feature: 'training', release: '1.4', waiting_ms: 30_000 } };
  const event = accepted(adaptOpenLineage(run({ eventType: 'COMPLETE' }, { ...facets, parent: { run: { runId: 'p1' } } })));
  assert.deepEqual([event.feature, event.release, event.waiting_ms, event.properties['parent_run_id']], ['training', '1.4', 30_000, 'p1']);
  assert.equal(accepted(adaptOpenLineage(run({}, facets))).waiting_ms, null, 'a start has not waited yet');
});

test('what is on the way, and what tells of jobs and datasets, is ignored', () => {
  for (const eventType of ['RUNNING', 'OTHER', undefined, null]) assert.equal(adaptOpenLineage(run({ eventType }, {}, {})).kind, 'ignored');
  assert.equal(adaptOpenLineage({ eventTime: '2026-11-23T10:00:00Z', dataset: { namespace: 'n', name: 'd' } }).kind, 'ignored');
  assert.equal(adaptOpenLineage({ eventTime: '2026-11-23T10:00:00Z', job: { namespace: 'n', name: 'j' } }).kind, 'ignored');
});

test('the same event has the same id; another run, state or time has another', () => {
  const id = (over: object): unknown => accepted(adaptOpenLineage(run(over))).event_id;
  assert.equal(id({}), id({ producer: 'https://example.org/other' }));
  const others = [id({}), id({ eventType: 'COMPLETE' }), id({ eventTime: '2026-11-23T10:00:01Z' }), id({ run: { runId: 'other', facets: {} } })];
  assert.equal(new Set(others).size, others.length);
});

test('what is no OpenLineage is refused with the field\'s name', () => {
  for (const [value, reason] of [
    [null, /no JSON object/], [[], /no JSON object/], [{}, /no run, job or dataset/], [{ eventType: 'START', run: {} }, /run\.runId is missing/],
    [run({ eventType: 'DONE' }), /eventType must be one of/], [run({ eventType: 4 }), /eventType must be one of/], [run({ eventType: 'constructor' }), /eventType must be one of/],
    [run({ eventTime: 5 }), /eventTime is missing/], [run({ run: { runId: '' } }), /run\.runId is missing/],
  ] as const) assert.match(detail(adaptOpenLineage(value)), reason);
  assert.throws(() => accepted(adaptOpenLineage(run({ eventTime: 'yesterday' }))), /occurred_at is no ISO 8601/);
  assert.throws(() => accepted(adaptOpenLineage(run({ job: { facets: ownership('ada') } }))), /feature is missing/);
});
