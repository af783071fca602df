/**
 * Clients that are not ours, from their registries, running the lines that the documentation gives: each event is in ClickHouse once, also where
 * the network lost the answer and the client sent it again.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { topicName } from '../../schemas/topics.ts';
import { eventually } from '../integration/sinkWorld.ts';
import { openFlow } from './flow.ts';
import { pythonWith } from './python/environment.ts';
import { documentation, execute, snippet } from './python/snippets.ts';

const flow = await openFlow({});
const python = await pythonWith(flow.settings.local.cacheDir);
if ('missing' in python) console.error(`\n*** The clients in Python are NOT TESTED here: ${python.missing} ***\n`);
const onPython = 'missing' in python ? { skip: python.missing } : { timeout: 120_000 };
const cwd = mkdtempSync(join(tmpdir(), 'chokepoint-adapters-'));
after(() => { rmSync(cwd, { recursive: true, force: true }); });

const KERNELS = 'events.jupyter.org/jupyter_server/kernel_actions';
await flow.addFeatures(['notebooks.create', 'churn.train', 'com.example.notebook', 'com.example.training', KERNELS]);

const newUser = (): string => `user-${randomBytes(6).toString('hex')}`;
/** The documentation's user and times become the test's: a fixed time would be too old one day. */
const adapted = (code: string, user: string): string => code.replaceAll(/\bada\b/g, user).replaceAll(/2026-\d\d-\d\dT[\d:]+Z/g, new Date().toISOString());

const { settings, proxy } = flow;
const ENV = {
  CHOKEPOINT_KEY: 'write', WRITE_KEY: 'write', ADMIN_KEY: 'admin', CHOKEPOINT_URL: flow.url, OPENLINEAGE_URL: proxy.url, OPENLINEAGE_API_KEY: 'write',
  KAFKA_BROKERS: settings.kafka.brokers.join(','), SCHEMA_REGISTRY_URL: settings.registry.url,
};

async function runPython(code: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const { code: status, stdout, stderr } = await execute('python' in python ? python.python : '', ['-'], code, { env: { ...ENV, ...env }, cwd });
  assert.equal(status, 0, stderr);
  return stdout;
}

async function runShell(code: string): Promise<string> {
  const { code: status, stdout, stderr } = await execute('sh', ['-e'], code, { env: ENV, cwd });
  assert.equal(status, 0, stderr);
  return stdout;
}

/** Every second answer is lost, from the first on: each event is sent at least twice. */
function loseAnswers(): void {
  let posts = 0;
  proxy.fault = () => (posts++ % 2 === 0 ? 'lose' : 'pass');
}

/** Of a user, in a table: `type feature action outcome code`, and for signals their class first. Rows, not distinct ones. */
async function rowsOf(table: 'events' | 'signals', user: string): Promise<string[]> {
  const what = table === 'events' ? 'type, feature, action, outcome, error.code' : 'class, feature, action, outcome, code, measure';
  const rows = await flow.clickhouse.query<{ row: string }>(`SELECT arrayStringConcat(arrayFilter(x -> x != '', arrayMap(x -> ifNull(x, ''), [${what.split(', ').map((column) => `toString(${column})`).join(', ')}])), ' ') AS row FROM ${table} WHERE user_id = {user:String} ORDER BY row`, { user });
  return rows.map(({ row }) => row);
}

async function once(user: string, events: readonly string[], signals: readonly string[]): Promise<void> {
  for (const [table, expected] of [['events', events], ['signals', signals]] as const) {
    await eventually(async () => (await rowsOf(table, user)).length >= expected.length, `${table} has them all`);
    assert.deepEqual(await rowsOf(table, user), [...expected].sort(), table);
  }
}

/** Records of a user in the log. */
async function inLog(user: string): Promise<number> {
  const topic = topicName('events', settings.app);
  let count = 0;
  for (const [partition, end] of (await flow.kafka.ends(topic)).entries()) {
    for await (const batch of flow.kafka.read({ topic, partition, offset: 0 }, end)) count += batch.filter(({ key }) => key?.toString() === user).length;
  }
  return count;
}

test('curl, as the README and producers.md have it', async () => {
  const user = newUser();
  const readme = adapted(snippet('README.md', '## Send an event', 'sh'), user).replaceAll('http://127.0.0.1:8080', flow.url);
  assert.equal((await runShell(readme)).match(/"accepted":1,"rejected":\[\]/g)?.length, 3);
  assert.match(await runShell(adapted(snippet('docs/producers.md', '## curl', 'sh'), user)), /"accepted":2,"rejected":\[\]/);
  const [open, error] = ['notebooks.create open', 'notebooks.create QUOTA'];
  await once(user, [`interaction ${open}`, `interaction ${open}`, `error ${error}`], [`action ${open}`, `action ${open}`, `error ${error}`]);
});

test('Python requests, as producers.md has it: 503 first', onPython, async () => {
  const user = newUser();
  let posts = 0;
  proxy.fault = () => (posts++ === 0 ? { status: 503, headers: { 'retry-after': '0' } } : 'pass');
  assert.equal(await runPython(adapted(snippet('docs/producers.md', '## Python', 'python'), user), { CHOKEPOINT_URL: proxy.url }), '[]\n');
  assert.equal(posts, 2);
  await once(user, ['interaction notebooks.create open'], ['action notebooks.create open']);
});

const lineage = snippet('docs/adapters.md', '## OpenLineage', 'python');

test('openlineage-python: a run that starts and fails is a task with its error, sent twice and there once', onPython, async () => {
  const user = newUser();
  loseAnswers();
  await runPython(adapted(lineage, user));
  assert.equal(await inLog(user), 4, 'the log has repeats, or this would prove nothing');
  await once(
    user,
    ['task_started churn.train', 'task_finished churn.train failed ValueError'],
    ['action churn.train task started', 'action churn.train task failed', 'error churn.train ValueError', 'time churn.train completion'],
  );
});

test('openlineage-python: users from the environment\'s tags, packed bodies, all states; a run of nobody\'s says what to do', onPython, async () => {
  const user = newUser();
  proxy.fault = () => 'pass';
  const tags = /^export OPENLINEAGE__TAGS__RUN='(.*?)'/m.exec(adapted(snippet('docs/adapters.md', '## OpenLineage', 'sh'), user))?.[1] ?? assert.fail('no tags');
  const nobody = lineage.replace('user:ada', 'team:science');
  const more = `
from openlineage.client.event_v2 import Dataset, DatasetEvent, JobEvent
now = datetime.now(timezone.utc).isoformat()
for last in (RunState.COMPLETE, RunState.ABORT):
    run = Run(str(generate_new_uuid()))
    for state in (RunState.START, RunState.RUNNING, RunState.OTHER, last):
        tell(state)
client.emit(JobEvent(eventTime=now, job=job, producer="https://example.org/pipelines"))
client.emit(DatasetEvent(eventTime=now, dataset=Dataset("prod", "churn"), producer="https://example.org/pipelines"))
`;
  await runPython(nobody + more, { OPENLINEAGE__TAGS__RUN: tags, OPENLINEAGE__TRANSPORT: JSON.stringify({ type: 'http', url: proxy.url, auth: { type: 'api_key', apiKey: 'write' }, compression: 'gzip' }) });
  assert.ok(proxy.posts.at(-1)?.packed);
  const started = 'task_started churn.train';
  await once(
    user,
    [started, started, started, 'task_finished churn.train failed ValueError', 'task_finished churn.train completed', 'task_finished churn.train abandoned'],
    [
      ...['started', 'started', 'started', 'failed', 'completed', 'abandoned'].map((outcome) => `action churn.train task ${outcome}`),
      'error churn.train ValueError', ...['completion', 'completion', 'completion'].map((measure) => `time churn.train ${measure}`),
    ],
  );
  const alone = await execute('python' in python ? python.python : '', ['-'], nobody, { env: ENV, cwd });
  assert.match(alone.stderr, /HTTPError: 422/);
});

test('the CloudEvents SDK for Python: structured, binary and batch, sent twice and there once', onPython, async () => {
  const user = newUser();
  loseAnswers();
  const batch = `
members = [to_structured_event(CloudEvent({"type": "com.example.training.started.v1", "source": "/training", "subject": f"run-{n}", "userid": "ada"}, {})).body for n in (8, 9)]
session.post(os.environ["CHOKEPOINT_URL"] + "/v1/cloudevents", data=b"[" + b",".join(members) + b"]", headers={"Content-Type": "application/cloudevents-batch+json"}).raise_for_status()
`;
  await runPython(adapted(snippet('docs/adapters.md', '## CloudEvents', 'python') + batch, user), { CHOKEPOINT_URL: proxy.url });
  await sentInAllModes(user);
});

test('the CloudEvents SDK for JavaScript: structured, binary and a batch of its events, sent twice and there once', { timeout: 60_000 }, async () => {
  const user = newUser();
  loseAnswers();
  const batch = `
const started = ['8', '9'].map((n) => new CloudEvent({ type: 'com.example.training.started.v1', source: '/training', subject: 'run-' + n, userid: 'ada', data: {} }));
await send({ headers: { 'content-type': 'application/cloudevents-batch+json' }, body: JSON.stringify(started) });
`;
  const script = (snippet('docs/adapters.md', '## CloudEvents', 'js') + batch).replace("from 'cloudevents'", `from '${import.meta.resolve('cloudevents')}'`);
  const { code, stderr } = await execute(process.execPath, ['--input-type=module'], adapted(script, user), { env: { ...ENV, CHOKEPOINT_URL: proxy.url }, cwd });
  assert.equal(code, 0, stderr);
  await sentInAllModes(user);
});

/** What both SDKs send: one event in structured mode, one in binary, two as a batch; each twice. */
async function sentInAllModes(user: string): Promise<void> {
  assert.equal(await inLog(user), 8);
  const [opened, started, failed] = ['com.example.notebook opened', 'com.example.training started', 'com.example.training failed'];
  await once(
    user,
    [`interaction ${opened}`, `task_finished ${failed} failed OUT_OF_MEMORY`, `task_started ${started}`, `task_started ${started}`],
    [`action ${opened}`, `action ${failed} failed`, 'error com.example.training OUT_OF_MEMORY', 'time com.example.training completion', `action ${started} started`, `action ${started} started`],
  );
}

/** An EventLogger as Jupyter Server makes it, from a configuration file, and what its kernel manager tells. */
const SERVER = `
from jupyter_events import EventLogger
from traitlets.config import PyFileConfigLoader
events = EventLogger(config=PyFileConfigLoader("jupyter_server_config.py").load_config())
schema = "https://${KERNELS}/v1"
events.register_event_schema({"$id": schema, "version": "1", "title": "Kernel Manager activities", "personal-data": True, "type": "object", "required": ["action", "msg"],
    "properties": {"action": {"enum": ["start", "interrupt", "shutdown", "restart"]}, "kernel_name": {"type": "string"}, "status": {"enum": ["error", "success"]}, "status_code": {"type": "number"}, "msg": {"type": "string"}}})
events.emit(schema_id=schema, data={"action": "start", "kernel_name": "python3", "status": "success", "msg": "Kernel started"})
events.emit(schema_id=schema, data={"action": "restart", "status": "error", "status_code": 503, "msg": "no such kernel"})
`;
const KERNEL_EVENTS = [`interaction ${KERNELS} start`, `error ${KERNELS} restart 503`];
const KERNEL_SIGNALS = [`action ${KERNELS} start`, `error ${KERNELS} 503`];

test('jupyter-events with the documented handler, sent twice and there once', onPython, async () => {
  const user = newUser();
  loseAnswers();
  writeFileSync(join(cwd, 'jupyter_server_config.py'), snippet('docs/adapters.md', '## Jupyter Events', 'python'));
  await runPython(SERVER, { CHOKEPOINT_URL: proxy.url, JUPYTERHUB_USER: user });
  assert.equal(await inLog(user), 4);
  await once(user, KERNEL_EVENTS, KERNEL_SIGNALS);
});

test('jupyter-events into a file, which curl posts twice', onPython, async () => {
  const user = newUser();
  const line = /`(c\.EventLogger\.handlers = \[logging\.FileHandler.*?)`/.exec(documentation('docs/adapters.md'))?.[1] ?? assert.fail('no line for a file');
  writeFileSync(join(cwd, 'jupyter_server_config.py'), `import logging\nc = get_config()\n${line}\n`);
  await runPython(SERVER);
  const post = adapted(snippet('docs/adapters.md', '## Jupyter Events', 'sh'), user);
  for (let time = 0; time < 2; time++) assert.equal(await runShell(post), '{"accepted":2,"rejected":[]}');
  assert.equal(await inLog(user), 4);
  await once(user, KERNEL_EVENTS, KERNEL_SIGNALS);
});

test('confluent-kafka writes Avro to platform.events, past the collector: every user in the partition that the processor expects', onPython, async () => {
  const user = newUser();
  const others = Array.from({ length: 16 }, (_, index) => `${user}-${index}-é`);
  const more = others.map((other) => `send(${JSON.stringify(other)}, type="timing", feature="notebooks.create", duration_ms=5)\n`).join('');
  const code = `${adapted(snippet('docs/producers.md', '## Straight to Kafka', 'python'), user)}\n${more}send("${user}", event_id="twice", type="error", feature="notebooks.create", error={"code": "E", "message": "m", "cause": "user"})\nsend("${user}", event_id="twice", type="error", feature="notebooks.create", error={"code": "E", "message": "m", "cause": "user"})\nprint(producer.flush())\n`;
  assert.equal(await runPython(code), '0\n');
  await once(user, ['interaction notebooks.create open', 'error notebooks.create E'], ['action notebooks.create open', 'error notebooks.create E']);
  for (const other of others) await once(other, ['timing notebooks.create'], ['time notebooks.create dwell']);
});
