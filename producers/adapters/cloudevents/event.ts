/** CloudEvents 1.0 in the JSON format, as an element. docs/adapters.md has the mapping. */
import { hashOf } from '../../../schemas/ids.ts';
import { ownFields, propertiesOf, refused, type Adapted } from '../adapted.ts';
import { at, isObject, textAt } from '../json.ts';
import { dataOf } from './data.ts';
import { meaningOf } from './types.ts';

/** Kinds of principal, in the Auth Context extension, that are people. */
const PEOPLE = ['user', 'app_user'];

const NOBODY = 'CloudEvents: the event does not say whose it is: set the extension attribute userid, or user_id in data, or authid with authtype user';
const NO_TASK = 'CloudEvents: the type says that a task started or ended, and nothing says which: set subject, the extension attribute taskid, or task_id in data';

export function adaptCloudEvent(value: unknown): Adapted {
  if (!isObject(value)) return refused('CloudEvents: the event is no JSON object');
  if (at(value, 'specversion') !== '1.0') return refused('CloudEvents: specversion must be "1.0"');
  const [id, source, type] = [textAt(value, 'id'), textAt(value, 'source'), textAt(value, 'type')];
  if (id === undefined || source === undefined || type === undefined) return refused('CloudEvents: id, source and type must be strings that are not empty');
  const data = dataOf(value);
  const own = ownFields(data);
  const { feature, ...meaning } = meaningOf(type);
  const userId = at(value, 'userid') ?? own.user_id ?? authenticated(value);
  if (userId === undefined || userId === null) return refused(NOBODY);
  const isTask = meaning.type.startsWith('task_');
  const taskId = at(value, 'taskid') ?? own.task_id ?? (isTask ? at(value, 'subject') : undefined);
  if (isTask && (taskId === undefined || taskId === null)) return refused(NO_TASK);
  return {
    kind: 'event',
    element: {
      ...meaning,
      ...own,
      event_id: hashOf('cloudevents', JSON.stringify([source, id])),
      user_id: userId,
      session_id: at(value, 'sessionid') ?? own.session_id,
      occurred_at: at(value, 'time') ?? at(data, 'occurred_at'),
      feature: at(value, 'feature') ?? own.feature ?? feature,
      action: own.action ?? meaning.action,
      outcome: own.outcome ?? meaning.outcome,
      task_id: taskId,
      properties: propertiesOf({ ce_source: source, ce_type: type }, at(data, 'properties')),
    },
  };
}

const authenticated = (event: unknown): unknown => (PEOPLE.includes(textAt(event, 'authtype') ?? '') ? at(event, 'authid') : undefined);
