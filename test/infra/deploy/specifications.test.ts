/**
 * The Kubernetes manifests against the schemas of two Kubernetes versions, the oldest that labels the pods of a StatefulSet with their number and a current
 * one; the compose file against the Compose specification. Neither takes a field that it does not know.
 */
import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { run } from '../../../infra/local/command.ts';
import { readSettings } from '../../../infra/settings.ts';
import { pythonWith } from '../../e2e/python/environment.ts';
import { DEPLOY } from './rules.ts';

const python = await pythonWith(readSettings(process.env).local.cacheDir, fileURLToPath(new URL('requirements.txt', import.meta.url)));
const skip = 'missing' in python ? `${python.missing}: THE KUBERNETES MANIFESTS AND THE COMPOSE FILE ARE NOT CHECKED` : false;
if (skip !== false) console.error(skip);

test('the manifests are what Kubernetes takes', { skip, timeout: 60_000 }, async () => {
  assert.ok('python' in python);
  const files = globSync(`${DEPLOY}kubernetes/*.yaml`).filter((file) => !/(kustomization|adapter)\.yaml$/.test(file));
  assert.equal(files.length, 9);
  // Throws with what it says where a manifest does not pass.
  for (const version of ['1.28.0', '1.37.0']) await run(python.python, ['-m', 'kubernetes_validate', '--strict', '--quiet', '-k', version, ...files], {});
});

test('the compose file is what Compose takes', { skip, timeout: 60_000 }, async () => {
  assert.ok('python' in python);
  const check = 'import sys, json, yaml, compose_spec; c = compose_spec.PyCompose.from_json(json.dumps(yaml.safe_load(open(sys.argv[1])))); c.validate(); print(len(c.service_names()))';
  const { stdout } = await run(python.python, ['-c', check, `${DEPLOY}compose.yaml`], {});
  assert.equal(stdout.trim(), '11');
});
