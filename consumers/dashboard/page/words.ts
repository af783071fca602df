/** The words of the design, as people read them. */
import type { Dimension, Stage } from '../shapes.ts';

export const STAGES: readonly { readonly id: Stage; readonly name: string; readonly what: string }[] = [
  { id: 'data', name: 'Data', what: 'collection, cleaning, labeling' },
  { id: 'features', name: 'Features', what: 'feature engineering' },
  { id: 'training', name: 'Training', what: 'model training' },
  { id: 'deployment', name: 'Deployment', what: 'model deployment' },
];
export const stageName = (id: string): string => STAGES.find((stage) => stage.id === id)?.name ?? id;

export const DIMENSIONS: Readonly<Record<Dimension, { readonly name: string; readonly verb: string; readonly todo: string }>> = {
  ET: { name: 'Education & Training', verb: 'teach', todo: 'Experts manage, so the know-how exists: write or link a tutorial where users meet it, and pair the teams named here with experts.' },
  SoP: { name: 'Simplicity of Platform', verb: 'simplify', todo: 'Experts meet it too, so teaching will not help: change the feature, its defaults, or what it tells its users.' },
};

/** From the least to the most at home. */
export const LEVELS = ['beginner', 'intermediate', 'expert', 'infrequent'] as const;
export const levelOrder = (level: string): number => {
  const at = (LEVELS as readonly string[]).indexOf(level);
  return at < 0 ? LEVELS.length : at;
};
const PLURALS: Readonly<Record<string, string>> = { beginner: 'Beginners', intermediate: 'Intermediates', expert: 'Experts', infrequent: 'Infrequent', unclassified: 'Unclassified', machine: 'Machines' };
export const levelName = (level: string): string => PLURALS[level] ?? level;

const RULES: Readonly<Record<string, string>> = {
  'error-everyone': 'everyone meets the error', 'error-novices': 'beginners keep meeting the error', 'slow-everyone': 'slow for everyone', 'slow-novices': 'slow for beginners',
  'abandoned-everyone': 'everyone gives up', 'abandoned-novices': 'beginners give up', 'unused-by-novices': 'beginners do not use it',
};
export const ruleName = (rule: string): string => RULES[rule] ?? rule;

const RESOLUTIONS: Readonly<Record<string, string>> = {
  recovered: 'recovered', spread: 'other levels meet it now too', no_data: 'too little use to tell', reclassification: 'users changed level', rule_changed: 'the rule changed',
};
export const resolutionName = (resolution: string | null): string => (resolution === null ? '–' : RESOLUTIONS[resolution] ?? resolution);

const AXES: Readonly<Record<string, string>> = {
  features_per_stage: 'Features used per stage', actions_per_active_day: 'Actions per active day', completion_ratio: 'Tasks completed', relative_completion: 'Speed against the median',
};
export const axisName = (axis: string): string => AXES[axis] ?? axis;
