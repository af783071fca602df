/** The dashboard with what the analyzer knows of rules: the two meet only here. */
import { fixedAtOf, readEffect } from '../../consumers/analyzer/effect/read.ts';
import { rulesOf } from '../../consumers/analyzer/main.ts';
import { statementsOf } from '../../consumers/analyzer/evidence/statements.ts';
import { RULES } from '../../consumers/analyzer/rules/rules.ts';
import { startDashboard, type Dashboard } from '../../consumers/dashboard/main.ts';
import type { Log } from '../service/log.ts';
import type { Settings } from '../settings.ts';
import { openAdminKeys } from './adminKeys.ts';

export async function startDashboardWithRules(settings: Settings, log: Log): Promise<Dashboard> {
  const rules = [...(await rulesOf(settings.rulesFile)), ...RULES];
  const ruleOf = (id: string) => rules.find((rule) => rule.id === id) ?? null;
  const admins = await openAdminKeys(settings.collector.adminKeys, settings.collector.keysFile, log);
  return startDashboard(settings, log, {
    outlineOf: (id) => {
      const rule = ruleOf(id);
      return rule === null ? null : { harmed: rule.harmed, counts_users_who_do: rule.counted === 'used' };
    },
    effectOf: async (query, transitions) => {
      const [first] = transitions;
      const rule = first === undefined ? null : ruleOf(first.rule_id);
      const fixedAt = first === undefined || rule === null ? null : await fixedAtOf(query, first.challenge_id);
      return rule === null || fixedAt === null ? null : readEffect(query, transitions, rule, fixedAt);
    },
    sqlOf: (challenge) => {
      const rule = ruleOf(challenge.rule_id);
      return rule === null ? [] : statementsOf(challenge, rule).map(({ what, sql }) => ({ what, sql }));
    },
  }, admins).catch((error: unknown) => {
    admins.stop();
    throw error;
  });
}
