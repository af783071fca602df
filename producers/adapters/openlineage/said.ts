/** Who and what a run's event is about, in the places where senders can say it. */
import { at, textAt } from '../json.ts';

/**
 * A field as the sender says it to us, the run before the job: `run.facets.chokepoint`, the run's tag `chokepoint.<field>`, then the same of the
 * job. Tags can be set in a client's configuration, without code.
 */
export function saidOf(event: unknown): (field: 'user_id' | 'feature' | 'release') => unknown {
  return (field) => {
    for (const facets of [at(event, 'run', 'facets'), at(event, 'job', 'facets')]) {
      const said = at(facets, 'chokepoint', field) ?? tagOf(facets, `chokepoint.${field}`);
      if (said !== undefined) return said;
    }
    return undefined;
  };
}

/** Of the standard's tags facets: `{"tags": [{"key", "value"}]}`. */
function tagOf(facets: unknown, key: string): unknown {
  const tags = at(facets, 'tags', 'tags');
  return Array.isArray(tags) ? at(tags.find((tag: unknown) => at(tag, 'key') === key), 'value') : undefined;
}

const USER = 'user:';

/** The first owner that is a person: `user:ada`, or a bare name. `team:data` and `application:etl` are none. */
export function ownerOf(event: unknown): string | undefined {
  const owners = at(event, 'job', 'facets', 'ownership', 'owners');
  if (!Array.isArray(owners)) return undefined;
  for (const owner of owners) {
    const name = textAt(owner, 'name');
    if (name === undefined || name === USER) continue;
    if (name.startsWith(USER)) return name.slice(USER.length);
    if (!name.includes(':')) return name;
  }
  return undefined;
}
