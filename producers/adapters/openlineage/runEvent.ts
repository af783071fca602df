/**
 * OpenLineage (openlineage.io, spec 2-0-2): a run of a job is a task of a user. docs/adapters.md has the mapping. One event at a time, without
 * memory: every event of a run must say whose it is, the finish too.
 */
import { hashOf } from '../../../schemas/ids.ts';
import { IGNORED, refused, type Adapted, type Element } from '../adapted.ts';
import { at, isObject, textAt, texts } from '../json.ts';
import { failureOf } from './failure.ts';
import { ownerOf, saidOf } from './said.ts';

const ENDS = { COMPLETE: 'completed', FAIL: 'failed', ABORT: 'abandoned' } as const;
/** States on the way: they neither start nor end a task. */
const ON_THE_WAY = ['RUNNING', 'OTHER'];

const NOBODY =
  'OpenLineage: the event does not say whose run it is: put {"user_id": …} into a run facet "chokepoint", or a run tag chokepoint.user_id, or the user into the job\'s ownership facet (user:ada), in every event of the run';

export function adaptOpenLineage(value: unknown): Adapted {
  if (!isObject(value)) return refused('OpenLineage: the event is no JSON object');
  // DatasetEvent and JobEvent: what exists, not what anybody did.
  if (at(value, 'run') === undefined && (isObject(at(value, 'dataset')) || isObject(at(value, 'job')))) return IGNORED;
  const eventType = at(value, 'eventType');
  // The specification lets a run's event do without; it then only adds facets.
  if (eventType === undefined || (typeof eventType === 'string' && ON_THE_WAY.includes(eventType))) return isObject(at(value, 'run')) ? IGNORED : refused('OpenLineage: the event has no run, job or dataset');
  if (eventType !== 'START' && !isEnd(eventType)) return refused('OpenLineage: eventType must be one of START, RUNNING, COMPLETE, FAIL, ABORT, OTHER');
  const runId = textAt(value, 'run', 'runId');
  if (runId === undefined) return refused('OpenLineage: run.runId is missing: it ties a run\'s events together');
  const eventTime = textAt(value, 'eventTime');
  if (eventTime === undefined) return refused('OpenLineage: eventTime is missing: send ISO 8601');
  const said = saidOf(value);
  const userId = said('user_id') ?? ownerOf(value);
  if (userId === undefined) return refused(NOBODY);
  const element: Element = {
    event_id: hashOf('openlineage', JSON.stringify([runId, eventType, eventTime])),
    user_id: userId,
    occurred_at: eventTime,
    task_id: runId,
    feature: said('feature') ?? at(value, 'job', 'name'),
    release: said('release'),
    properties: texts({ job_namespace: at(value, 'job', 'namespace'), job_name: at(value, 'job', 'name'), parent_run_id: at(value, 'run', 'facets', 'parent', 'run', 'runId'), producer: at(value, 'producer') }),
    ...(isEnd(eventType) ? { type: 'task_finished', outcome: ENDS[eventType], waiting_ms: at(value, 'run', 'facets', 'chokepoint', 'waiting_ms') } : { type: 'task_started' }),
    ...(eventType === 'FAIL' ? { error: failureOf(value) } : {}),
  };
  return { kind: 'event', element };
}

const isEnd = (eventType: unknown): eventType is keyof typeof ENDS => typeof eventType === 'string' && Object.hasOwn(ENDS, eventType);
