import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adaptJupyter } from '../../../producers/adapters/jupyter/event.ts';
import { accepted } from './accepted.ts';

const KERNELS = 'https://events.jupyter.org/jupyter_server/kernel_actions/v1';
const jupyter = (over: object = {}): Record<string, unknown> => ({
  __timestamp__: '2026-11-25T17:58:15.975756+00:00Z', __schema__: KERNELS, __schema_version__: '1', __metadata_version__: 1, action: 'start', kernel_name: 'python3', status: 'success', msg: 'Kernel is started', ...over,
});

test('a schema is a feature, an action an action; the time is read though jupyter-events writes both offset and Z', () => {
  const event = accepted(adaptJupyter(jupyter(), 'ada'));
  assert.deepEqual([event.type, event.feature, event.action, event.user_id], ['interaction', 'events.jupyter.org/jupyter_server/kernel_actions', 'start', 'ada']);
  assert.equal(event.occurred_at, Date.parse('2026-11-25T17:58:15.975Z'));
  assert.deepEqual(event.properties, { jupyter_schema: KERNELS, kernel_name: 'python3' });
  for (const time of ['2026-11-25T17:58:15Z', '2026-11-25T18:58:15+01:00', '2026-11-25T18:58:15+01:00Z', '2026-11-25T17:58:15']) assert.equal(accepted(adaptJupyter(jupyter({ __timestamp__: time }), 'ada')).occurred_at, Date.parse('2026-11-25T17:58:15Z'));
});

test('paths and other payload stay where they are', () => {
  const { properties, action } = accepted(adaptJupyter(jupyter({ __schema__: 'https://events.jupyter.org/jupyter_server/contents_service/v1', action: 'save', path: 'divorce.ipynb', source_path: 'x', gateway_url: 'y' }), 'ada'));
  assert.equal(action, 'save');
  assert.equal(JSON.stringify(properties).includes('divorce'), false);
});

test('status error is an error that the user met', () => {
  const event = accepted(adaptJupyter(jupyter({ status: 'error', status_code: 503, msg: 'no such kernel' }), 'ada'));
  assert.deepEqual([event.type, event.action, event.error], ['error', 'start', { code: '503', message: 'no such kernel', cause: 'unknown' }]);
  assert.deepEqual(accepted(adaptJupyter(jupyter({ status: 'error', msg: undefined }), 'ada')).error, { code: 'error', message: '', cause: 'unknown' });
});

test('a schema of one\'s own may speak our words', () => {
  const own = { __schema__: 'https://example.org/lab/cell', action: undefined, msg: undefined, status: undefined };
  const finished = accepted(adaptJupyter(jupyter({ ...own, type: 'task_finished', user_id: 'bob', feature: 'cells', task_id: 't1', outcome: 'failed', duration_ms: 12, error: { code: 'KeyError' }, properties: { lab: '4' } }), 'ada'));
  assert.deepEqual([finished.type, finished.user_id, finished.feature, finished.task_id, finished.outcome, finished.duration_ms, finished.error?.code, finished.properties['lab']], ['task_finished', 'bob', 'cells', 't1', 'failed', 12, 'KeyError', '4']);
  const plain = accepted(adaptJupyter(jupyter({ ...own, type: 'whatever' }), 'ada'));
  assert.deepEqual([plain.type, plain.feature, plain.action], ['interaction', 'example.org/lab/cell', 'cell']);
});

test('the same event has the same id; one of another microsecond has another', () => {
  const id = (over: object): string => accepted(adaptJupyter(jupyter(over), 'ada')).event_id;
  assert.equal(id({}), id({}));
  assert.equal(new Set([id({}), id({ __timestamp__: '2026-11-25T17:58:15.975757+00:00Z' }), id({ action: 'restart' })]).size, 3);
});

test('what is no event of Jupyter, or nobody\'s, is refused with what to do', () => {
  for (const [value, user, reason] of [
    ['x', 'ada', /no JSON object/], [{}, 'ada', /__schema__ or __timestamp__ is missing/], [jupyter({ __schema__: 5 }), 'ada', /__schema__/], [jupyter(), undefined, /\?user_id=/], [jupyter({ user_id: '' }), undefined, /\?user_id=/],
  ] as const) {
    const found = adaptJupyter(value, user);
    assert.match(found.kind === 'refused' ? found.detail : assert.fail(found.kind), reason);
  }
  assert.throws(() => accepted(adaptJupyter(jupyter({ __timestamp__: 'noon' }), 'ada')), /occurred_at is no ISO 8601/);
});
