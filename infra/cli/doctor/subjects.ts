/** Whether this code can read every version of the records that may be in the topics. */
import type { SubjectSeen } from '../../registry/inspect.ts';
import { unreadable } from '../../../schemas/codec.ts';
import type { RecordName } from '../../../schemas/records.ts';
import { fail, listed, ok, warn, type Finding } from './finding.ts';

export interface Subject {
  readonly subject: string;
  readonly name: RecordName;
  /** The topic of this app has records; null where nobody could look. */
  readonly used: boolean | null;
}

export function judgeSubjects(subjects: readonly Subject[], seen: ReadonlyMap<string, SubjectSeen>): Finding[] {
  const missing = subjects.filter(({ subject }) => (seen.get(subject)?.versions.length ?? 0) === 0);
  if (missing.length === subjects.length && missing.every(({ used }) => used !== true)) return [warn('schemas', 'none is registered yet', 'services register theirs at their start')];
  const lost = missing.filter(({ used }) => used === true).map(({ subject }) => subject);
  const later = missing.filter(({ used }) => used !== true).map(({ subject }) => subject);
  const findings = [
    ...(lost.length === 0 ? [] : [fail('schemas', `not in the registry, though their topics have records: ${listed(lost)}`, "is SCHEMA_REGISTRY_URL the one that the records were written with? Otherwise restore the registry's backup: ids are in the records")]),
    ...(later.length === 0 ? [] : [warn('schemas', `not registered yet: ${listed(later)}`, 'the service that writes them does so at its start')]),
    ...subjects.flatMap(({ subject, name }) => judgeSubject(subject, name, seen.get(subject))),
  ];
  return findings.length > 0 ? findings : [ok('schemas', `${subjects.length} subjects: this code reads all of their versions`)];
}

function judgeSubject(subject: string, name: RecordName, found: SubjectSeen | undefined): Finding[] {
  if (found === undefined || found.versions.length === 0) return [];
  const check = `schema ${subject}`;
  const why = found.versions.map((text, index) => ({ version: index + 1, problem: unreadable(name, text) })).filter(({ problem }) => problem !== null);
  const first = why[0];
  if (first !== undefined) {
    return [fail(check, `this code cannot read version ${listed(why.map(({ version }) => String(version)))} of ${found.versions.length}: ${first.problem ?? ''}`, `use the version of Chokepoint that wrote them, or one whose schemas/${name}.avsc is BACKWARD compatible with it`)];
  }
  if (found.compatibility !== null && !/^(BACKWARD|FULL)(_TRANSITIVE)?$/.test(found.compatibility)) {
    return [warn(check, `compatibility is ${found.compatibility}: a breaking change may be taken`, `curl -X PUT -H 'Content-Type: application/json' -d '{"compatibility":"BACKWARD"}' "$SCHEMA_REGISTRY_URL/config/${subject}"`)];
  }
  return [];
}
