/** What the analyzer reads. */
export const SIGNAL_TOPICS = ['actions', 'errors', 'times'] as const;
