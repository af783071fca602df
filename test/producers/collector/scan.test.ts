/** An event that is found in its bytes gives what JSON.parse, validateEvent and the codec give: the same record, answer and original, or is left to them. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseBody, type Body, type Format } from '../../../producers/collector/body.ts';
import { elementTexts } from '../../../producers/collector/elements.ts';
import { takeEvents, writerContext, type Intake, type IntakeContext } from '../../../producers/collector/intake.ts';
import { createPrivacy } from '../../../producers/collector/privacy.ts';
import { createBlocks } from '../../../producers/collector/scan/blocks.ts';
import { LyingRecord } from '../../../infra/lyingRecord.ts';
import { plain } from '../../../producers/collector/scan/text.ts';
import { createCodec } from '../../../schemas/codec.ts';
import { memorySchemas } from '../../fakes/schemas.ts';
import { createPool } from '../../bench/collector/pool.ts';

const codec = await createCodec(memorySchemas(), ['PlatformEvent', 'DeadLetter']);
const PARTITIONS = 4;

type Rules = Pick<IntakeContext, 'source' | 'sources' | 'privacy'>;
const AS_IT_CAME = createPrivacy({ pseudonymSecret: null, denyProperties: [] });
const RULES: readonly Rules[] = [
  { source: 'käse', sources: null, privacy: AS_IT_CAME },
  { source: 'web', sources: ['web', 'jobs'], privacy: AS_IT_CAME },
  { source: 'web', sources: null, privacy: createPrivacy({ pseudonymSecret: 's', denyProperties: ['browser', 'a'] }) },
];

function contextOf(rules: Rules): IntakeContext {
  let ids = 0;
  return { codec, app: '', partitions: PARTITIONS, index: 0, receivedAt: 1_750_000_000_123, newId: () => `made-${ids++}`, ...rules };
}

/** Without scanning: the values as JSON.parse gives them. */
const plainly = (format: Format, text: string) => (rules: Rules): Intake => takeEvents(parseBody(format, Buffer.from(text), 'events'), contextOf(rules));
const scanning = (format: Format, text: string) => (rules: Rules): Intake => {
  const context = contextOf(rules);
  return takeEvents(parseBody(format, Buffer.from(text), 'events', writerContext(context, createBlocks(1))), context);
};
/** The body with its ordinary events written. */
const scannedBody = (format: Format, text: string): Body => parseBody(format, Buffer.from(text), 'events', writerContext(contextOf(RULES[0] as Rules), createBlocks(1)));
const written = (body: Body): number => body.values.filter((value) => value instanceof LyingRecord).length;

interface Seen { readonly records: readonly object[]; readonly rest: object }
const seenIn = ({ records, accepted, rejected, made, span }: Intake): Seen => ({ rest: { accepted, rejected, made, span }, records: records.map(({ topic, partition, key, value }) => ({ topic, partition, key: String(key), value: value?.toString('hex') })) });

/** Under every set of rules. */
const seen = (take: (rules: Rules) => Intake): Seen[] => RULES.map((rules) => seenIn(take(rules)));

/** `elements`: texts of JSON, right or wrong. */
function compare(elements: readonly string[], blank = ''): { readonly scanned: number } {
  for (const format of ['json', 'ndjson'] as const) {
    const text = format === 'json' ? `${blank}{${blank}"events"${blank}:${blank}[${blank}${elements.join(`${blank},${blank}`)}${blank}]${blank}}${blank}` : elements.join('\n');
    let expected: Seen[] | null;
    try {
      expected = seen(plainly(format, text));
    } catch {
      expected = null;
    }
    let found: Seen[] | null;
    let scanned = 0;
    try {
      scanned = written(scannedBody(format, text));
      found = seen(scanning(format, text));
    } catch {
      found = null;
    }
    assert.deepEqual(found, expected, `${format}: ${text}`);
    if (format === 'ndjson' || found === null) return { scanned };
  }
  return { scanned: 0 };
}

const ORDINARY = '{"event_id":"e","user_id":"ada","occurred_at":1750000000000,"type":"interaction","feature":"f","action":"open"}';
const withField = (field: string): string => ORDINARY.replace(/}$/, `,${field}}`);

describe('an ordinary event is found in its bytes', () => {
  test('those of every type, as clients send them, all of them', () => {
    const events = createPool({ requests: 1, eventsPerRequest: 400, at: 1_750_000_000_000 }).flat();
    const texts = events.map((event) => JSON.stringify(Object.fromEntries(Object.entries(event).filter(([name, value]) => value !== null && name !== 'received_at'))));
    assert.equal(compare(texts).scanned, 400);
    assert.equal(compare(texts.map((text) => text.replaceAll('":', '": ').replaceAll(',"', ', "')), ' ').scanned, 400, 'with blanks, as Python writes it');
  });

  test('what is absent or null takes its default', () => {
    const least = '{"user_id":"u","occurred_at":0,"type":"task_started","feature":"f","task_id":"t"}';
    const nulls = '{"event_id":null,"user_id":"u","session_id":null,"occurred_at":999999999999999,"sent_at":null,"source":null,"type":"error","feature":"f","error":{"code":"C","message":null,"cause":null},"properties":null,"release":null}';
    assert.equal(compare([least, nulls, withField('"properties":{}'), withField('"error":null')]).scanned, 4);
  });
});

describe('anything else is left to JSON.parse and validateEvent', () => {
  const others = {
    'an unknown field': withField('"colour":"red"'),
    'a field twice': withField('"action":"close"'),
    'a field twice, then null': withField('"action":null'),
    'an escape': withField('"release":"a\\"b"'),
    'an escaped name': withField('"rel\\u0065ase":"x"'),
    'not ASCII': withField('"release":"ü"'),
    'a date': ORDINARY.replace('1750000000000', '"2026-01-01T00:00:00Z"'),
    'a fraction': ORDINARY.replace('1750000000000', '1750000000000.5'),
    'an exponent': ORDINARY.replace('1750000000000', '175e10'),
    'before 1970': ORDINARY.replace('1750000000000', '-5'),
    'minus nothing': ORDINARY.replace('1750000000000', '-0'),
    'a number that is no date': ORDINARY.replace('1750000000000', '1750000000000000000'),
    'an empty id': ORDINARY.replace('"ada"', '""'),
    'a long id': ORDINARY.replace('"ada"', `"${'x'.repeat(257)}"`),
    'a wrong type': ORDINARY.replace('interaction', 'interactions'),
    'a clock': ORDINARY.replace('interaction', 'clock'),
    'no user': ORDINARY.replace('"user_id":"ada",', ''),
    'no action': ORDINARY.replace('"action":"open"', '"action":null'),
    'a code outside of an error': withField('"code":"C"'),
    'an error without a code': withField('"error":{"message":"m"}'),
    'a field of the event within its error': withField('"error":{"code":"C","release":"r"}'),
    'an error that is a list': withField('"error":["C"]'),
    'a property twice': withField('"properties":{"a":"1","b":"2","a":"3"}'),
    'a property that comes first': withField('"properties":{"a":"1","1":"2"}'),
    'a property called __proto__': withField('"properties":{"__proto__":"x"}'),
    'a property that is a number': withField('"properties":{"a":1}'),
    'many properties': withField(`"properties":{${Array.from({ length: 9 }, (_, n) => `"k${n}":"v"`).join(',')}}`),
    'a delete character in an id': ORDINARY.replace('ada', 'a\u007fa'),
    'a large event': withField(`"error":{"code":"C","message":"${'m'.repeat(5_000)}"}`),
    'an array': '[1,[2],"]"]',
    'a number': '7',
    'an empty object': '{}',
  };
  for (const [what, text] of Object.entries(others)) {
    test(what, () => { assert.equal(compare([ORDINARY, text, ORDINARY]).scanned, 2); });
  }

  const broken = ['', '{', '{"user_id"}', '{"user_id":}', `${ORDINARY},`, `${ORDINARY}x`, `${ORDINARY} ${ORDINARY}`, ORDINARY.slice(0, -1), ORDINARY.replace('"ada"', '"ada'), ORDINARY.replace('1750000000000', '017'), withField('"release":nul'), withField('"release":nulll'), withField('"sent_at":1 2'), `${ORDINARY}]`, ORDINARY.replace(',"type"', ',,"type"'), ORDINARY.replace(/}$/, ',}'), `{"type\u007f:"x"}`, ORDINARY.replace('"ada"', '"a\tb"')];
  for (const text of broken) test(`no JSON: ${JSON.stringify(text)}`, () => { compare([ORDINARY, text, ORDINARY]); });
});

test('an event that goes on in the next line is two broken lines', () => {
  const body = scannedBody('ndjson', `${ORDINARY.replace(',"type"', ',\n"type"')}\r\n${ORDINARY} \r\n`);
  assert.deepEqual([body.values.length, [...body.broken.keys()]], [3, [0, 1]]);
  assert.ok(body.values[2] instanceof LyingRecord);
});

test('the text of each is what came, and a list that stands twice, or not alone, is read as JSON has it', () => {
  const text = ` { "events" : [ ${ORDINARY} , {"a": "x" } ,7 ] } `;
  const body = scannedBody('json', text);
  assert.deepEqual([0, 1, 2].map((index) => body.original(index).toString()), elementTexts(text, 'events'));
  assert.deepEqual(body.values.map((value) => value instanceof LyingRecord), [true, false, false]);
  for (const other of [`{"events":[],"events":[${ORDINARY}]}`, `{"about":1,"events":[${ORDINARY}]}`, `{"events":[${ORDINARY}],"about":1}`]) {
    assert.deepEqual(scannedBody('json', other).values, [JSON.parse(ORDINARY)]);
  }
});

test('whatever is changed in it, an event means the same', () => {
  const seeds = [ORDINARY, withField('"properties":{"a":"1","b":""},"sent_at":5,"session_id":"s"'), withField('"error":{"code":"C","message":"m","cause":"quota"},"outcome":"failed","duration_ms":12,"waiting_ms":0')];
  const pieces = ['"', '\\', '{', '}', ',', ':', '[', ']', ' ', '0', '-', '.', 'e', 'null', '"type"', '"user_id":"x"', '"error":{', '"code":"c"', 'é', '\n', '\u007f', 'true'];
  fc.assert(
    fc.property(fc.constantFrom(...seeds), fc.array(fc.tuple(fc.nat(400), fc.nat(3), fc.constantFrom('', ...pieces)), { maxLength: 3 }), (seed, edits) => {
      let text = seed;
      for (const [at, cut, put] of edits) text = text.slice(0, at % (text.length + 1)) + put + text.slice((at % (text.length + 1)) + cut);
      // A list that an edit has broken out of is another body: it is compared as such.
      compare([text]);
    }),
    { numRuns: 3_000, seed: 1 },
  );
});

test('where a string ends: at every byte that is not plain, wherever it lies, also behind others', () => {
  for (let byte = 0; byte < 256; byte++) {
    const isPlain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c;
    for (let length = 1; length <= 9; length++) {
      for (let place = 0; place < length; place++) {
        for (const other of [0x21, 0x7e, 0x23, 0x5d, byte]) {
          const bytes = Buffer.alloc(length + 1, other);
          bytes.fill(0x20, 0, place + 1);
          bytes[place + 1] = byte;
          const end = plain(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 1);
          assert.equal(end, isPlain ? length + 1 : place + 1, `${byte} at ${place} of ${length}, then ${other}`);
        }
      }
    }
  }
});
