import assert from 'node:assert/strict';
import { test } from 'node:test';
import { messageOf } from '../../../consumers/alerts/message.ts';
import { challenge } from './challenge.ts';

test('an ET challenge says what, who, since when, and to teach', () => {
  assert.equal(messageOf(challenge()), [
    'New challenge (ET, Education & Training): train-job, in model training.',
    'What: Beginners keep meeting OOM on train-job.',
    'Who: expert 3 % (2 of 80, rule < 10 %); beginner 60 % (60 of 100, rule > 50 %).',
    'Teams most affected: search 9 of 10, ads 1 of 10.',
    'Since: 2025-07-14 09:00 UTC (days looked at: 2025-06-30 09:00 UTC to 2025-07-14 09:00 UTC).',
    'What to do: Teach: experts manage, so the know-how exists. Write or link a tutorial where the users meet it, and pair the teams named here with experts.',
  ].join('\n'));
});

test('where the web page is set, the message links to the evidence; an id cannot change where the link goes', () => {
  assert.match(messageOf(challenge({ challenge_id: 'c1' }), 'https://chokepoint.example/'), /\nEvidence: https:\/\/chokepoint\.example\/challenges\/c1\n/);
  assert.match(messageOf(challenge({ challenge_id: '../x?y' }), 'https://chokepoint.example/base'), /\nEvidence: https:\/\/chokepoint\.example\/base\/challenges\/\.\.%2Fx%3Fy\n/);
  assert.doesNotMatch(messageOf(challenge()), /Evidence:/);
});

test('a SoP challenge says to simplify; medians are durations, an infinite one is said', () => {
  const text = messageOf(challenge({
    dimension: 'SoP', signal_class: 'time', summary: '', teams: [],
    evidence: [
      { level: 'expert', measure: 'median_ms', affected: 30, eligible: 40, value: 95_000, op: '>', threshold: 60_000, low: null, high: null },
      { level: 'beginner', measure: 'median_ms', affected: 30, eligible: 40, value: null, op: '>', threshold: 7_200_000, low: null, high: null },
      { level: 'infrequent', measure: 'median_ms', affected: 0, eligible: 0, value: null, op: null, threshold: null, low: null, high: null },
    ],
  }));
  assert.match(text, /What: its task takes too long/);
  assert.match(text, /expert median 1\.6 min \(40 users, rule > 1\.0 min\); beginner median never finished \(40 users, rule > 2\.0 h\); infrequent: nobody to judge by\./);
  assert.match(text, /What to do: Simplify/);
  assert.doesNotMatch(text, /Teams/);
});

test('a resolved challenge says why, and nothing is left to do', () => {
  const text = messageOf(challenge({ status: 'resolved', resolved_at: Date.UTC(2025, 6, 20), resolution: 'recovered' }));
  assert.match(text, /^Challenge resolved/);
  assert.match(text, /Resolved: 2025-07-20 00:00 UTC: the users it harmed no longer meet it\.$/);
  assert.doesNotMatch(text, /What to do/);
});

test('of fewer than five users at a level nothing is said', () => {
  const text = messageOf(challenge({ evidence: [{ level: 'infrequent', measure: 'share', affected: 3, eligible: 4, value: 0.75, op: null, threshold: null, low: 0.3, high: 0.95 }] }));
  assert.match(text, /infrequent: fewer than 5 users/);
  assert.doesNotMatch(text, /3 of 4|75 %/);
});
