/** Teams, roles and organisations of the demo's platform. */

export interface Team {
  readonly team: string;
  readonly org: string;
  /** Added to UTC to get local time, hours. */
  readonly offsetHours: number;
}

/** A team that has one feature to itself: so many of the beginners, a share of the infrequent users, and nobody else. */
export interface LocalTeam extends Team {
  readonly beginners: number;
  readonly infrequentShare: number;
  /** Everybody of the team uses it. */
  readonly feature: string;
}

const of = (org: string, offsetHours: number, ...teams: readonly string[]): Team[] => teams.map((team) => ({ team, org, offsetHours }));

export const TEAMS: readonly Team[] = [
  ...of('commerce', 0, 'search-ranking', 'recommendations', 'pricing', 'catalog-quality', 'promotions'),
  ...of('payments', 1, 'fraud', 'credit-risk', 'chargebacks', 'ledger-insights'),
  ...of('logistics', 2, 'routing', 'demand-forecast', 'warehouse-vision', 'fleet-health'),
  ...of('care', -1, 'support-nlp', 'churn', 'voice-of-customer'),
  ...of('central', 0, 'ml-research', 'analytics', 'growth'),
];

export const ROLES = ['data_scientist', 'ml_engineer', 'data_engineer', 'analyst'] as const;

/** Whose beginners alone meet the team-local decoy; larger than the others, so that they are more than half of that feature's beginners. */
export const SMALL_TEAM: LocalTeam = { team: 'graduate-programme', org: 'central', offsetHours: 0, beginners: 34, infrequentShare: 0.03, feature: 'label_project' };
