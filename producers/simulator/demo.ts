/** The demo's world: the paper's platform. */
import { CATALOG } from './catalog.ts';
import type { WorldPlan } from './plan.ts';
import { PROBLEMS } from './problems.ts';
import { ROLES, SMALL_TEAM, TEAMS } from './teams.ts';

/** Four months (paper), in days; the last is that of the end. */
export const HISTORY_DAYS = 122;

export const DEMO: WorldPlan = {
  days: HISTORY_DAYS,
  /** (paper) */
  people: { expert: 85, intermediate: 118, beginner: 190, infrequent: 998 },
  /** Ours. */
  learners: [
    { to: 'expert', from: ['beginner', 'intermediate'], count: 4 },
    { to: 'expert', from: ['intermediate'], count: 8 },
    { to: 'intermediate', from: ['beginner'], count: 14 },
  ],
  teams: TEAMS,
  localTeam: SMALL_TEAM,
  roles: ROLES,
  features: CATALOG,
  problems: PROBLEMS,
};
