import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCourse, type Course, type CourseOptions, type Match } from '../../../../consumers/alerts/routes/course.ts';
import { severityOf } from '../../../../consumers/alerts/routes/severity.ts';
import type { Challenge, Evidence } from '../../../../schemas/records.ts';
import { challenge } from '../challenge.ts';

const ANY: Match = { dimension: null, stage: null, feature: null, severity: null, owner: null, exceptOwners: null };
const course = (changes: Partial<CourseOptions> = {}): Course => createCourse({ match: ANY, tell: ['opened', 'resolved'], grouped: true, over: new Set(), ...changes });
/** Which of the transitions make a notice. */
const told = (route: Course, transitions: readonly Partial<Challenge>[], owner: string | null = null): boolean[] => transitions.map((changes) => route.take(challenge(changes), owner) !== null);

test('opened and resolved make notices; updates and reclassifications do not, unless they are asked for', () => {
  const life: Partial<Challenge>[] = [{}, { status: 'updated' }, { status: 'resolved', resolution: 'reclassification' }];
  assert.deepEqual(told(course(), life), [true, false, false]);
  assert.deepEqual(told(course(), [{}, { status: 'resolved', resolution: 'recovered' }]), [true, true]);
  assert.deepEqual(told(course({ tell: ['opened', 'updated', 'resolved', 'reclassification'] }), life), [true, true, true]);
});

test('a group makes one notice when its first opens and one when its last is over, even if that one alone would make none', () => {
  const group: Partial<Challenge>[] = [{}, { challenge_id: 'c2' }, { status: 'resolved', resolution: 'recovered' }, { challenge_id: 'c3' }, { challenge_id: 'c2', status: 'resolved', resolution: 'spread' }];
  const last: Partial<Challenge> = { challenge_id: 'c3', status: 'resolved', resolution: 'reclassification' };
  assert.deepEqual(told(course(), [...group, last]), [true, false, false, false, false, true]);
  assert.deepEqual(told(course(), [{}, { challenge_id: 'c2', group_id: 'g2' }]), [true, true]);
  assert.deepEqual(told(course({ grouped: false }), [...group, last]), [true, true, true, true, true, false]);
});

test('what matches, by every field', () => {
  const first = (match: Partial<Match>, changes: Partial<Challenge> = {}, owner: string | null = null): boolean => told(course({ match: { ...ANY, ...match } }), [changes], owner)[0] === true;
  assert.deepEqual([first({ dimension: ['ET'] }), first({ dimension: ['SoP'] })], [true, false]);
  assert.deepEqual([first({ stage: ['training', 'data'] }), first({ stage: ['data'] })], [true, false]);
  assert.deepEqual([first({ feature: ['train-job'] }), first({ feature: ['notebooks'] })], [true, false]);
  assert.deepEqual([first({ severity: ['info'] }), first({ severity: ['critical', 'warning'] })], [true, false]);
  assert.deepEqual([first({ owner: ['ada'] }, {}, 'ada'), first({ owner: ['ada'] }, {}, 'bob'), first({ owner: ['ada'] })], [true, false, false]);
  assert.deepEqual([first({ exceptOwners: ['ada'] }, {}, 'ada'), first({ exceptOwners: ['ada'] }, {}, 'bob'), first({ exceptOwners: ['ada'] })], [false, true, true]);
});

test('who heard of it hears of its end; a challenge that grows is told to who wants the worst only', () => {
  const grave: Partial<Challenge> = { dimension: 'SoP', evidence: [evidence('expert', 90), evidence('beginner', 95)] };
  const mild: Partial<Challenge> = { dimension: 'SoP', evidence: [evidence('expert', 55), evidence('beginner', 60)] };
  const route = course({ match: { ...ANY, severity: ['critical'] } });
  assert.deepEqual(told(route, [mild, { ...grave, status: 'updated' }, { ...mild, status: 'resolved', resolution: 'recovered' }]), [false, true, true]);
  assert.deepEqual(told(course({ match: { ...ANY, owner: ['ada'] } }), [{ status: 'resolved', resolution: 'recovered' }], 'ada'), [false], 'of what it never heard of it hears no end');
});

test('what was over before the route began is not told', () => {
  assert.deepEqual(told(course({ over: new Set(['c1']) }), [{}, { challenge_id: 'c2' }, { status: 'resolved', resolution: 'recovered' }]), [false, true, false]);
});

const evidence = (level: Evidence['level'], affected: number, op: Evidence['op'] = '>'): Evidence => ({ level, measure: 'share', affected, eligible: 100, value: affected / 100, op, threshold: 0.5, low: null, high: null });

test('severity: SoP above ET, nearly everyone above half; what experts manage is nobody\'s harm', () => {
  const of = (dimension: Challenge['dimension'], ...rows: Evidence[]): string => severityOf({ dimension, evidence: rows });
  assert.equal(of('SoP', evidence('expert', 70), evidence('intermediate', 80), evidence('beginner', 90)), 'critical');
  assert.equal(of('SoP', evidence('expert', 51), evidence('intermediate', 66), evidence('beginner', 81), evidence('infrequent', 100, null)), 'warning');
  assert.equal(of('ET', evidence('beginner', 80), evidence('expert', 2, '<')), 'warning');
  assert.equal(of('ET', evidence('beginner', 79)), 'info');
  assert.equal(of('ET', evidence('expert', 95), evidence('beginner', 2, '<')), 'info', 'experts who use a feature');
});
